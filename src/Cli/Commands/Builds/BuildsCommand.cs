using System.CommandLine;
using Spectre.Console;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds</c>: builds that run and builds that ended.</summary>
internal sealed class BuildsCommand : Command
{
    public BuildsCommand(IAnsiConsole console)
        : base("builds", "Looks builds up, running or finished, and cancels or keeps them.")
    {
        Subcommands.Add(new GetCommand());
        Subcommands.Add(new ListBuildsCommand(console));
        Subcommands.Add(new WatchCommand());
        Subcommands.Add(new LogCommand());
        Subcommands.Add(new CancelCommand());
        Subcommands.Add(new PinCommand("pin", "Keeps a build and its log past retention.", pinned: true));
        Subcommands.Add(new PinCommand("unpin", "Lets a pinned build go again.", pinned: false));
        Subcommands.Add(new QueueCommand(console));
    }
}

using System.CommandLine;
using ImageBuilder.Cli.Rendering;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;
using Spectre.Console;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds queue</c>: what runs and waits.</summary>
internal sealed class QueueCommand : Command
{
    public QueueCommand(IAnsiConsole console)
        : base("queue", "Shows the builds that run and those that wait, the next in line first.")
    {
        var service = new ServiceOption();
        Options.Add(service);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            BuildRendering.Write(console, await client.GetQueueAsync(new GetQueueRequest(), cancellationToken: cancellationToken));
            return ExitCode.Success;
        }));
    }
}

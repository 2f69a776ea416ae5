using System.CommandLine;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds pin|unpin</c>: keeps a build past retention, or lets it go again.</summary>
internal sealed class PinCommand : Command
{
    public PinCommand(string name, string description, bool pinned)
        : base(name, description)
    {
        var service = new ServiceOption();
        var build = new BuildArgument();
        Options.Add(service);
        Arguments.Add(build);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            var id = await build.ResolveAsync(client, parsed, cancellationToken);
            await client.PinBuildAsync(new PinBuildRequest { BuildId = id, Pinned = pinned }, cancellationToken: cancellationToken);
            return ExitCode.Success;
        }));
    }
}

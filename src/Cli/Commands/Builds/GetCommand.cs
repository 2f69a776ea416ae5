using System.CommandLine;
using ImageBuilder.Cli.Rendering;
using ImageBuilder.Cli.Requests;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds get</c>: a build as it stands.</summary>
internal sealed class GetCommand : Command
{
    public GetCommand()
        : base("get", "Shows how a build stands, and of a failed one why.")
    {
        var service = new ServiceOption();
        var build = new BuildArgument();
        Options.Add(service);
        Arguments.Add(build);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            BuildRendering.Write(await client.GetBuildAsync(build.Read(parsed), cancellationToken: cancellationToken));
            return ExitCode.Success;
        }));
    }
}

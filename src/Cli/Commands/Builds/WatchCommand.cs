using System.CommandLine;
using ImageBuilder.Cli.Rendering;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds watch</c>: every transition of a build, until it has ended.</summary>
internal sealed class WatchCommand : Command
{
    public WatchCommand()
        : base("watch", "Shows every transition of a build until it has ended, as which this command ends too: 0 when there is an image, else 1.")
    {
        var service = new ServiceOption();
        var build = new BuildArgument();
        var after = new Option<long>("--after") { Description = "Only transitions to versions greater than this one." };
        Options.Add(service);
        Options.Add(after);
        Arguments.Add(build);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            var request = new WatchBuildRequest
            {
                BuildId = await build.ResolveAsync(client, parsed, cancellationToken),
                AfterVersion = parsed.GetValue(after),
            };
            await Reconnecting.ReadAsync(
                () => client.WatchBuild(request, cancellationToken: cancellationToken),
                version =>
                {
                    Console.WriteLine(BuildRendering.Line(version));
                    request.AfterVersion = version.Version;
                    return ValueTask.CompletedTask;
                },
                cancellationToken);
            var last = await client.GetBuildAsync(new GetBuildRequest { BuildId = request.BuildId }, cancellationToken: cancellationToken);
            return last.Status == BuildStatus.Succeeded ? ExitCode.Success : ExitCode.Failure;
        }));
    }
}

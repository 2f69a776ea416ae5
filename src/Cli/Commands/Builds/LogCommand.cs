using System.CommandLine;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds log</c>: the log of a build from a byte offset, byte for byte.</summary>
internal sealed class LogCommand : Command
{
    public LogCommand()
        : base("log", "Prints the log of a build as it is, and with --follow as it grows.")
    {
        var service = new ServiceOption();
        var build = new BuildArgument();
        var offset = new Option<long>("--offset") { Description = "The first byte that is printed." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Goes on until the build has ended." };
        Options.Add(service);
        Options.Add(offset);
        Options.Add(follow);
        Arguments.Add(build);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            var request = new ReadLogRequest
            {
                BuildId = await build.ResolveAsync(client, parsed, cancellationToken),
                Offset = parsed.GetValue(offset),
                Follow = parsed.GetValue(follow),
            };
            await LogOutput.CopyAsync(client, request, cancellationToken);
            return ExitCode.Success;
        }));
    }
}

using System.CommandLine;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts;

namespace ImageBuilder.Cli.Commands;

/// <summary><c>imagebuilder logs</c>: the log of a build from its first byte, followed until the build ends.</summary>
internal sealed class LogsCommand : Command
{
    public LogsCommand()
        : base("logs", "Shows the log of a running or finished build and follows it to its end.")
    {
        var service = new ServiceOption();
        var build = new Argument<string>("build") { Description = "The workspace image that is built, or the build's id." };
        Options.Add(service);
        Arguments.Add(build);
        SetAction((parsed, cancellationToken) => service.CallAsync(parsed, async client =>
        {
            var name = parsed.GetRequiredValue(build);
            var request = Guid.TryParse(name, out _) ? new LogsRequest { BuildId = name } : new LogsRequest { BuildRef = name };
            await LogOutput.FollowAsync(client, request, cancellationToken);
            return ExitCode.Success;
        }));
    }
}

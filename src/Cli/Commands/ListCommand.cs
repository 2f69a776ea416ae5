using System.CommandLine;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts;
using Spectre.Console;

namespace ImageBuilder.Cli.Commands;

/// <summary><c>imagebuilder list</c>: the builds that are running.</summary>
internal sealed class ListCommand : Command
{
    public ListCommand(IAnsiConsole console)
        : base("list", "Lists the running builds.")
    {
        var service = new ServiceOption();
        Options.Add(service);
        SetAction((parsed, cancellationToken) => service.CallAsync(parsed, async client =>
        {
            var answer = await client.ListBuildsAsync(new ListBuildsRequest(), cancellationToken: cancellationToken);
            if (!Console.IsOutputRedirected)
            {
                var table = new Table().AddColumns("build", "started", "image");
                foreach (var build in answer.Builds)
                {
                    table.AddRow(new Text(build.BuildId), new Text(Started(build)), new Text(build.Ref));
                }

                console.Write(table);
            }
            else
            {
                foreach (var build in answer.Builds)
                {
                    Console.WriteLine($"{build.BuildId}\t{Started(build)}\t{build.Ref}");
                }
            }

            return ExitCode.Success;
        }));
    }

    private static string Started(BuildInfo build) => DateTimeOffset.FromUnixTimeSeconds(build.StartedAt).ToString("u");
}

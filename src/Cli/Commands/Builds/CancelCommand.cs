using System.CommandLine;
using ImageBuilder.Cli.Rendering;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;

namespace ImageBuilder.Cli.Commands.Builds;

/// <summary><c>imagebuilder builds cancel</c>: ends a build.</summary>
internal sealed class CancelCommand : Command
{
    public CancelCommand()
        : base("cancel", "Ends a build at any stage; one that has ended stays as it is.")
    {
        var service = new ServiceOption();
        var build = new BuildArgument();
        var by = new Option<string>("--by") { Description = "Who asks, or why; those who follow the build read it.", DefaultValueFactory = _ => Environment.UserName };
        Options.Add(service);
        Options.Add(by);
        Arguments.Add(build);
        SetAction((parsed, cancellationToken) => service.CallBuildsAsync(parsed, async client =>
        {
            var request = new CancelBuildRequest
            {
                BuildId = await build.ResolveAsync(client, parsed, cancellationToken),
                By = parsed.GetRequiredValue(by),
            };
            Console.WriteLine(BuildRendering.Line(await client.CancelBuildAsync(request, cancellationToken: cancellationToken)));
            return ExitCode.Success;
        }));
    }
}

using System.CommandLine;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts;

namespace ImageBuilder.Cli.Commands;

/// <summary><c>imagebuilder resolve base|workspace</c>: which image a name or a source leads to.</summary>
internal sealed class ResolveCommand : Command
{
    public ResolveCommand()
        : base("resolve", "Tells which image a name or a source leads to.")
    {
        Subcommands.Add(Base());
        Subcommands.Add(Workspace());
    }

    private static Command Base()
    {
        var service = new ServiceOption();
        var credentials = new CredentialOptions();
        var reference = new Argument<string>("image") { Description = "Image reference, for example debian:12." };
        var command = new Command("base", "Prints the reference of a base image with its digest.") { service, reference };
        credentials.AddTo(command);
        command.SetAction((parsed, cancellationToken) => service.CallAsync(parsed, async client =>
        {
            var request = new ResolveBaseImageRequest { Ref = parsed.GetRequiredValue(reference), Auth = credentials.Read(parsed) };
            Console.WriteLine((await client.ResolveBaseImageAsync(request, cancellationToken: cancellationToken)).Ref);
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command Workspace()
    {
        var service = new ServiceOption();
        var source = new SourceOptions();
        var credentials = new CredentialOptions();
        var command = new Command("workspace", "Prints the workspace image of a source, and whether it is there.") { service };
        source.AddTo(command);
        credentials.AddTo(command);
        command.SetAction((parsed, cancellationToken) => service.CallAsync(parsed, async client =>
        {
            var request = new ResolveWorkspaceImageRequest { Source = source.Read(parsed), Auth = credentials.Read(parsed) };
            var answer = await client.ResolveWorkspaceImageAsync(request, cancellationToken: cancellationToken);
            Console.WriteLine($"{answer.Ref}\t{(answer.Status == BuildStatus.DoneSuccess ? "built" : "not built")}");
            return ExitCode.Success;
        }));
        return command;
    }
}

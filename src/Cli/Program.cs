using System.CommandLine;
using Grpc.Core;
using ImageBuilder.Cli;
using ImageBuilder.Cli.Commands;
using ImageBuilder.Cli.Commands.Builds;
using Spectre.Console;

// A file or a pipe gets plain text, and nothing to wrap for.
var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect });
if (Console.IsOutputRedirected)
{
    console.Profile.Width = int.MaxValue;
}

var parsed = new RootCommand("Client of the image-build service.")
{
    new BuildCommand(console),
    new BuildsCommand(console),
    new LogsCommand(),
    new ListCommand(console),
    new ResolveCommand(),
}.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"{error.Message} ({Usage(parsed.CommandResult.Command)} --help says more)");
    }

    return ExitCode.Usage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled)
{
    return ExitCode.Interrupted;
}
catch (OperationCanceledException)
{
    return ExitCode.Interrupted;
}
catch (RpcException exception)
{
    await Console.Error.WriteLineAsync($"{exception.StatusCode}: {exception.Status.Detail}");
    return ExitCode.Failure;
}
catch (InvalidDataException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return ExitCode.Usage;
}

static string Usage(Command command) => command is RootCommand ? "imagebuilder" : $"{Usage(command.Parents.OfType<Command>().First())} {command.Name}";

using System.CommandLine;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Commands;

/// <summary>The command line of <c>imagebuilder-silo</c>.</summary>
internal static class SiloCommand
{
    /// <summary>Runs a command line; <paramref name="host"/> is the service that <c>run</c> starts. A wrong one gives one line on <paramref name="error"/> and <see cref="ExitCode.WrongConfiguration"/>.</summary>
    public static async Task<int> InvokeAsync(
        IReadOnlyList<string> arguments, Func<LiveConfiguration, CancellationToken, Task> host, TextWriter output, TextWriter error)
    {
        var result = Create(host, output, error).Parse(arguments);
        if (result.Errors.Count > 0)
        {
            await error.WriteLineAsync($"imagebuilder-silo: {string.Join(' ', result.Errors.Select(wrong => wrong.Message))} See imagebuilder-silo --help.");
            return ExitCode.WrongConfiguration;
        }

        // Signals are the host's: it lets running work end, which takes longer than this library would wait.
        return await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null });
    }

    private static RootCommand Create(Func<LiveConfiguration, CancellationToken, Task> host, TextWriter output, TextWriter error)
    {
        var config = new Option<string>(ConfigurationFile.Option)
        {
            Description = "The service's configuration, a JSON file.",
            HelpName = "FILE",
            Required = true,
        };
        var run = new Command("run", "Runs the service, or a silo of a cluster, until SIGTERM or SIGINT.") { config };
        run.SetAction((result, cancellation) => RunCommand.RunAsync(result.GetRequiredValue(config), host, error, cancellation));
        var check = new Command("check", "Checks the configuration and the files that it names, and starts nothing.") { config };
        check.SetAction(result => CheckCommand.RunAsync(result.GetRequiredValue(config), output, error));
        var gateway = new Command("gateway", "Runs a gateway of a cluster until SIGTERM or SIGINT.") { config };
        gateway.SetAction((result, cancellation) => RunCommand.RunGatewayAsync(result.GetRequiredValue(config), GatewayHost.RunAsync, error, cancellation));
        var migrate = new Command("migrate", "Brings the database of a cluster to what this version needs; does nothing where it is that already.") { config };
        migrate.SetAction((result, cancellation) => MigrateCommand.RunFileAsync(result.GetRequiredValue(config), output, error, cancellation));
        return new RootCommand("Builds workspace images: the image-build service.") { run, gateway, migrate, check };
    }
}

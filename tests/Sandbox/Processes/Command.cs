using System.Diagnostics;

namespace ImageBuilder.Sandbox.Processes;

/// <summary>A program that is run to its end.</summary>
public static class Command
{
    /// <summary>Whether PATH has <paramref name="program"/>.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs <paramref name="program"/> and gives its exit code, output and errors.</summary>
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string? input = null,
        IReadOnlyDictionary<string, string>? variables = null,
        string? folder = null,
        CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? string.Empty,
        };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            var result = new CommandResult(await output, await errors);
            await process.WaitForExitAsync(cancellationToken);
            return result with { ExitCode = process.ExitCode };
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>As <see cref="RunAsync"/>, and gives the trimmed output.</summary>
    /// <exception cref="InvalidOperationException">The program failed; the message holds its errors.</exception>
    public static async Task<string> CheckAsync(
        string program,
        IEnumerable<string> arguments,
        string? input = null,
        IReadOnlyDictionary<string, string>? variables = null,
        string? folder = null,
        CancellationToken cancellationToken = default)
    {
        var list = arguments.ToList();
        var result = await RunAsync(program, list, input, variables, folder, cancellationToken);
        return result.ExitCode == 0
            ? result.Output.Trim()
            : throw new InvalidOperationException($"{program} {list.FirstOrDefault()} ended with code {result.ExitCode}:\n{result.Output}{result.Errors}");
    }
}

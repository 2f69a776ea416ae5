using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Integration.Tests.Clients;

/// <summary>A gRPC client that others wrote, run as a program: requests and responses are protobuf's JSON.</summary>
public sealed class ForeignClient
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Clients", "node");
    private static readonly Lazy<Task> s_installed = new(() => Command.CheckAsync(
        "npm", ["install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], folder: s_folder));

    private readonly string _program;
    private readonly Func<string, string, string, string[]> _arguments;

    private ForeignClient(string program, Func<string, string, string, string[]> arguments)
    {
        _program = program;
        _arguments = arguments;
    }

    /// <summary><c>buf curl</c>, which learns the service from gRPC reflection.</summary>
    public static ForeignClient Buf { get; } = new(
        Path.Combine(s_folder, "node_modules", ".bin", "buf"),
        (address, method, request) => ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "--emit-defaults", "--data", request, $"http://{address}/{method}"]);

    /// <summary>Node with @grpc/grpc-js, which reads the .proto files.</summary>
    public static ForeignClient Node { get; } = new(
        "node",
        (address, method, request) => [Path.Combine(s_folder, "client.js"), address, Path.Combine(AppContext.BaseDirectory, "Clients", "protos"), method, request]);

    /// <summary>Calls a method, for example "builder.ImageBuilder/Logs"; gives each response as it comes.</summary>
    /// <exception cref="InvalidOperationException">The call failed; the message is what the client said.</exception>
    public async IAsyncEnumerable<JsonElement> CallAsync(string address, string method, string request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await s_installed.Value;
        var start = new ProcessStartInfo(_program, _arguments(address, method, request)) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BUF_CACHE_DIR"] = Path.Combine(s_folder, "cache");
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await foreach (var response in ReadAsync(process.StandardOutput, cancellationToken))
            {
                yield return response;
            }

            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException(await errors);
            }
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    // JSON objects one after the other, each on one line or over several.
    private static async IAsyncEnumerable<JsonElement> ReadAsync(StreamReader output, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        while (await output.ReadLineAsync(cancellationToken) is { } line)
        {
            text.AppendLine(line);
            if (TryParse(text.ToString()) is { } response)
            {
                text.Clear();
                yield return response;
            }
        }
    }

    private static JsonElement? TryParse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

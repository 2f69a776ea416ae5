using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Service;

/// <summary>The image-build service in a process of its own on this machine, built in this checkout.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private ServiceProcess(RunningProcess process, ServiceOptions options, TimeSpan startup)
    {
        Process = process;
        Options = options;
        Startup = startup;
    }

    /// <summary>The program, beside whichever program of this checkout is running.</summary>
    public static string Program => CheckoutProgram.Path("Silo", "imagebuilder-silo");

    /// <summary>The running process.</summary>
    public RunningProcess Process { get; }

    /// <summary>How it was set up, with the ports that were chosen.</summary>
    public ServiceOptions Options { get; }

    /// <summary>How long it took from its start until it said that it is ready.</summary>
    public TimeSpan Startup { get; }

    /// <summary>Where gRPC is served.</summary>
    public string Address => $"http://{Options.Host}:{Options.GrpcPort}";

    /// <summary>Writes the configuration file of <paramref name="options"/> into its data folder, and gives its path.</summary>
    public static async Task<string> WriteConfigurationAsync(ServiceOptions options, CancellationToken cancellationToken = default)
    {
        var configuration = new JsonObject
        {
            ["orchestrator"] = new JsonObject
            {
                ["pullSecretFile"] = options.AuthFile,
                ["baseImageRepository"] = $"{options.RegistryHost}/base-images",
                ["workspaceImageRepository"] = $"{options.RegistryHost}/workspace-images",
            },
            ["server"] = new JsonObject
            {
                ["services"] = new JsonObject { ["grpc"] = new JsonObject { ["address"] = $"{options.Host}:{options.GrpcPort}" } },
            },
            ["metrics"] = new JsonObject { ["address"] = $"{options.Host}:{options.MetricsPort}" },
            ["health"] = new JsonObject { ["address"] = $"{options.Host}:{options.HealthPort}" },
            ["dataFolder"] = Path.Combine(options.DataFolder, "data"),
        };
        options.Amend?.Invoke(configuration);
        Directory.CreateDirectory(options.DataFolder);
        var file = Path.Combine(options.DataFolder, "config.json");
        await File.WriteAllTextAsync(file, configuration.ToJsonString(), cancellationToken);
        return file;
    }

    /// <summary>Starts the service and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It did not get ready; the message holds its last output.</exception>
    public static async Task<ServiceProcess> StartAsync(ServiceOptions options, CancellationToken cancellationToken = default)
    {
        options = options with
        {
            GrpcPort = FreePort.ChooseFor(Path.Combine(options.DataFolder, "grpc-port"), options.GrpcPort),
            MetricsPort = FreePort.ChooseFor(Path.Combine(options.DataFolder, "metrics-port"), options.MetricsPort),
            HealthPort = FreePort.ChooseFor(Path.Combine(options.DataFolder, "health-port"), options.HealthPort),
        };
        var configuration = await WriteConfigurationAsync(options, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        string[] command = [.. options.Prefix, Program, options.Verb, "--config", configuration];
        var process = await RunningProcess.StartAsync(command[0], command[1..], Path.Combine(options.DataFolder, "log"), options.Variables);
        try
        {
            await WaitUntilReadyAsync(process, $"http://{options.Host}:{options.HealthPort}/ready", cancellationToken);
            return new ServiceProcess(process, options, Stopwatch.GetElapsedTime(start));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static async Task WaitUntilReadyAsync(RunningProcess process, string ready, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        var start = Stopwatch.GetTimestamp();
        while (!process.Exited.IsCompleted && Stopwatch.GetElapsedTime(start) < s_patience)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(ready), cancellationToken);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
        }

        var fate = process.Exited.IsCompleted ? $"ended with code {process.ExitCode}" : $"was not ready after {s_patience.TotalSeconds} s";
        throw new InvalidOperationException($"the service {fate}:\n{process.LogTail()}");
    }
}

using System.Net;
using System.Net.Sockets;
using ImageBuilder.Sandbox.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>The echo server in a process of its own, with the runtime settings of the service.</summary>
internal sealed class EchoProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // As silo/Silo.csproj has them, so that the two processes differ in what they do for a call alone.
    private static readonly Dictionary<string, string> s_runtimeSettings = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
        ["DOTNET_TieredPGO"] = "0",
    };

    private readonly int _port;

    private EchoProcess(RunningProcess process, int port)
    {
        Process = process;
        _port = port;
    }

    /// <summary>The running process.</summary>
    public RunningProcess Process { get; }

    /// <summary>Where gRPC is served.</summary>
    public string Address => $"http://127.0.0.1:{_port}";

    /// <summary>Starts the server and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It did not listen; the message holds its last output.</exception>
    public static async Task<EchoProcess> StartAsync(string logFile, CancellationToken cancellationToken)
    {
        var port = FreePort.Choose();
        var process = await RunningProcess.StartAsync(CheckoutProgram.Path("Sandbox", "sandbox"), ["serve-echo", "--port", $"{port}"], logFile, s_runtimeSettings);
        try
        {
            await WaitUntilListeningAsync(process, port, cancellationToken);
            return new EchoProcess(process, port);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves in this process until it is asked to stop.</summary>
    public static async Task ServeAsync(int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var application = builder.Build();
        application.MapGrpcService<EchoService>();
        await application.StartAsync(cancellationToken);
        await application.WaitForShutdownAsync(cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static async Task WaitUntilListeningAsync(RunningProcess process, int port, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        while (!process.Exited.IsCompleted)
        {
            try
            {
                using var connection = new TcpClient();
                await connection.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
                return;
            }
            catch (SocketException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), deadline.Token);
        }

        throw new InvalidOperationException($"the echo server ended with code {process.ExitCode}:\n{process.LogTail()}");
    }
}

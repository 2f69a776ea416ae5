using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Proxying;

/// <summary>A <c>bob proxy</c> of its own in front of an open registry.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RunningProcess _process;
    private long _idle;

    private ProxyProcess(RunningProcess process, string address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>The most resident memory since it was started, less what it had then, in bytes.</summary>
    public async Task<long> MeasureMemoryOverIdleAsync() => await ProcessMemory.ReadPeakAsync(_process.Id) - _idle;

    /// <summary>Starts one whose target is <paramref name="target"/>, and waits until it serves.</summary>
    /// <param name="folder">Receives its address and its output.</param>
    /// <param name="target">The image that its alias <c>target</c> stands for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ProxyProcess> StartAsync(string folder, string target, CancellationToken cancellationToken)
    {
        var addressFile = Path.Combine(folder, "proxy.address");
        File.Delete(addressFile);
        var process = await RunningProcess.StartAsync(
            CheckoutProgram.Path("Bob", "bob"), ["proxy", "--listen", "127.0.0.1:0", "--address-file", addressFile, "--target-ref", target], Path.Combine(folder, "proxy.log"));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            while (!File.Exists(addressFile))
            {
                await (process.Exited.IsCompleted ? throw new InvalidOperationException($"the proxy ended:\n{process.LogTail()}") : Task.Delay(TimeSpan.FromMilliseconds(10), deadline.Token));
            }

            var proxy = new ProxyProcess(process, await File.ReadAllTextAsync(addressFile, deadline.Token));
            using var client = new HttpClient();
            await client.GetStringAsync(new Uri($"http://{proxy.Address}/v2/"), deadline.Token);
            proxy._idle = await ProcessMemory.ResetPeakAsync(process.Id);
            return proxy;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

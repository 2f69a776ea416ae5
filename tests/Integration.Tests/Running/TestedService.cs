using ImageBuilder.Sandbox.Cluster;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Running;

/// <summary>
/// The service that a test calls: one process; or, when the variable IMAGEBUILDER_TESTS_ON is <c>cluster</c> (tests/cluster.sh --suite), three silos and two gateways
/// around a database, which are to do the same.
/// </summary>
public sealed class TestedService : IAsyncDisposable
{
    /// <summary>The variable.</summary>
    public const string Variable = "IMAGEBUILDER_TESTS_ON";

    private readonly ServiceOptions _options;
    private readonly ServiceProcess? _process;
    private readonly ClusterService? _cluster;
    private int _called;

    private TestedService(ServiceOptions options, ServiceProcess? process, ClusterService? cluster) => (_options, _process, _cluster) = (options, process, cluster);

    /// <summary>Whether it is a cluster.</summary>
    public static bool IsCluster { get; } = Environment.GetEnvironmentVariable(Variable) == "cluster";

    /// <summary>The one process; a test that needs it is a <see cref="ProcessFactAttribute"/>.</summary>
    public ServiceProcess Process => _process!;

    /// <summary>Where gRPC is served.</summary>
    public IReadOnlyList<string> Addresses => _cluster?.Addresses ?? [_process!.Address];

    /// <summary>One of <see cref="Addresses"/>, in turn.</summary>
    public string Address => Addresses[Interlocked.Increment(ref _called) % Addresses.Count];

    /// <summary>Where the metrics of calls are.</summary>
    public IReadOnlyList<string> Metrics => _cluster?.Metrics ?? [$"http://127.0.0.1:{_process!.Options.MetricsPort}/metrics"];

    /// <summary>The folder that has the data of every process, and their configuration and logs.</summary>
    public string Folder => _options.DataFolder;

    /// <summary>Starts one.</summary>
    public static async Task<TestedService> StartAsync(ServiceOptions options, CancellationToken cancellationToken = default) => IsCluster
        ? new TestedService(options, null, await ClusterService.StartAsync(options, cancellationToken))
        : new TestedService(options, await ServiceProcess.StartAsync(options, cancellationToken), null);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}

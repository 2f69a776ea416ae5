using System.Globalization;
using ImageBuilder.Builds;
using ImageBuilder.Grains;
using ImageBuilder.Launchers;
using ImageBuilder.Postgres;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Silo.Clustering;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Hosting;
using ImageBuilder.Silo.Storage;
using ImageBuilder.Silo.Tests.Configuration;
using ImageBuilder.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;

namespace ImageBuilder.Silo.Tests.Clustering;

/// <summary>A silo or a gateway of a cluster in this process, as the service makes them; no build is ever launched.</summary>
internal sealed class ClusterMember : IAsyncDisposable
{
    private readonly CancellationTokenSource _given = new();
    private readonly IHost _host;
    private Task _started = Task.CompletedTask;

    private ClusterMember(Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(Log).SetMinimumLevel(LogLevel.Information);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<Readiness>();
        configure(builder);
        _host = builder.Build();
    }

    /// <summary>What it logs.</summary>
    public LogLines Log { get; } = new();

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The grains as it sees them.</summary>
    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    /// <summary>A silo that is not started.</summary>
    public static ClusterMember Silo(ConfigurationFolder folder, string database, string name, ClusterTlsConfiguration? tls) => new(builder =>
    {
        builder.Services
            .AddSingleton(new BuildOptions())
            .AddGrainServices()
            .AddSingleton(new RegistryClient(new RegistryTransportOptions()))
            .AddSingleton(new Keychain([]))
            .AddSingleton<IBuildLauncher, NoLauncher>();
        var configuration = Configure(folder, name, tls);
        builder.UseOrleans(silo =>
        {
            var source = PostgresSource.Create(database);
            silo.AddCluster(configuration, source);
            silo.AddPostgresStorage(source, logLimit: 1 << 20);
        });
    });

    /// <summary>A gateway that is not started.</summary>
    public static ClusterMember Gateway(ConfigurationFolder folder, string database, ClusterTlsConfiguration? tls) => new(builder =>
        builder.UseOrleansClient(client => client.AddCluster(Configure(folder, "gateway", tls).Cluster, PostgresSource.Create(database))));

    /// <summary>Starts it.</summary>
    public async Task<ClusterMember> StartAsync(TimeSpan patience)
    {
        _started = _host.StartAsync(_given.Token);
        try
        {
            await _started.WaitAsync(patience);
            return this;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"It did not start, and said:\n{string.Join('\n', Log.All.TakeLast(20))}");
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // One that nobody lets in would knock for minutes.
        await _given.CancelAsync();
        if (_started.IsCompletedSuccessfully)
        {
            await _host.StopAsync();
        }

        _host.Dispose();
        _given.Dispose();
    }

    private static ServiceConfiguration Configure(ConfigurationFolder folder, string name, ClusterTlsConfiguration? tls)
    {
        var configuration = folder.LoadAccepted(folder.With("cluster", string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {
              "kind": "postgresql", "connectionStringVariable": "X", "siloName": "{{name}}", "address": "127.0.0.1", "siloPort": {{Sandbox.Processes.FreePort.Choose()}}, "gatewayPort": {{Sandbox.Processes.FreePort.Choose()}}
            }
            """)).ToJsonString());
        return configuration with { Cluster = configuration.Cluster with { Tls = tls } };
    }

    private sealed class NoLauncher : IBuildLauncher
    {
        public Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

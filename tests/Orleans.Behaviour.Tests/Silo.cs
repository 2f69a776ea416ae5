using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;

namespace ImageBuilder.Orleans.Behaviour.Tests;

/// <summary>
/// A silo of this process, with memory storage and reminders, on free ports. The one that tests share is one of three when the variable IMAGEBUILDER_TESTS_ON is
/// <c>cluster</c> (tests/cluster.sh --suite), so that calls go from silo to silo; those that a test starts for itself are alone, since it is about their lives.
/// </summary>
public sealed class Silo : IAsyncLifetime, IAsyncDisposable
{
    private const int OnCluster = 3;

    private static readonly bool IsCluster = Environment.GetEnvironmentVariable("IMAGEBUILDER_TESTS_ON") == "cluster";

    private readonly Action<ISiloBuilder>? _configure;
    private readonly int _port = FreePort();
    private readonly Silo? _first;
    private readonly List<Silo> _others = [];

    public Silo()
        : this(null, null)
    {
        for (var silo = 1; IsCluster && silo < OnCluster; silo++)
        {
            _others.Add(new Silo(null, this));
        }
    }

    private Silo(Action<ISiloBuilder>? configure, Silo? first)
    {
        (_configure, _first) = (configure, first);
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(Configure);
        Host = builder.Build();
    }

    public IHost Host { get; }

    public IGrainFactory Grains => Host.Services.GetRequiredService<IClusterClient>();

    public Signals Signals => Host.Services.GetRequiredService<Signals>();

    public static async Task<Silo> StartAsync(Action<ISiloBuilder>? configure = null)
    {
        var silo = new Silo(configure, null);
        await silo.InitializeAsync();
        return silo;
    }

    public async Task InitializeAsync()
    {
        await Host.StartAsync();
        foreach (var other in _others)
        {
            await other.InitializeAsync();
        }
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }

        await Host.StopAsync();
        Host.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Configure(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering(_port, FreePort(), new IPEndPoint(IPAddress.Loopback, _first?._port ?? _port));
        silo.AddMemoryGrainStorage("memory");
        silo.UseInMemoryReminderService();
        silo.Services.AddSingleton(_first?.Signals ?? new Signals());
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(60));
        _configure?.Invoke(silo);
    }
}

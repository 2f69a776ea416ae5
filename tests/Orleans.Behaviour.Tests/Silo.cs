using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;

namespace ImageBuilder.Orleans.Behaviour.Tests;

/// <summary>A silo of this process, with memory storage and reminders, on free ports.</summary>
public sealed class Silo : IAsyncLifetime, IAsyncDisposable
{
    private readonly Action<ISiloBuilder>? _configure;

    public Silo()
        : this(null)
    {
    }

    private Silo(Action<ISiloBuilder>? configure)
    {
        _configure = configure;
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
        var silo = new Silo(configure);
        await silo.InitializeAsync();
        return silo;
    }

    public Task InitializeAsync() => Host.StartAsync();

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
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
        silo.UseLocalhostClustering(FreePort(), FreePort());
        silo.AddMemoryGrainStorage("memory");
        silo.UseInMemoryReminderService();
        silo.Services.AddSingleton<Signals>();
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(60));
        _configure?.Invoke(silo);
    }
}

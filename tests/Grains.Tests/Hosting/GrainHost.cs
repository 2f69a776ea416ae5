using System.Net;
using System.Net.Sockets;
using ImageBuilder.Builds.Admission;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Launchers;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>A silo of this process with the real grains, on what a <see cref="GrainWorld"/> gives it.</summary>
internal sealed class GrainHost : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _stopped;

    private GrainHost(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Starts a silo.</summary>
    /// <param name="world">What it runs on.</param>
    /// <param name="replace">Puts other services in the place of the world's.</param>
    /// <param name="storage">Storage of states; null for the world's.</param>
    public static async Task<GrainHost> StartAsync(GrainWorld world, Action<IServiceCollection>? replace = null, IGrainStorage? storage = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Logging.ClearProviders();
        builder.Services
            .AddSingleton<TimeProvider>(world.Clock)
            .AddSingleton(world.Options)
            .AddSingleton<IOptionsMonitor<QueueLimits>>(world.QueueLimits)
            .AddSingleton<IBuildLauncher>(world.Launcher)
            .AddSingleton<IBuildLogs>(world.Logs)
            .AddSingleton(world.References)
            .AddSingleton<IUnreadableStates>(world.Storage)
            .AddGrainServices()
            .AddSingleton(new Keychain(world.Credentials))
            .AddSingleton(new RegistryClient(
                new RegistryTransportOptions { Retries = 1, RetryDelay = TimeSpan.FromMilliseconds(1) }, world.Registry, world.Clock));
        if (world.Admission is { } admission)
        {
            builder.Services.AddSingleton<IAdmission>(admission);
        }

        replace?.Invoke(builder.Services);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort());
            silo.UseInMemoryReminderService();
            silo.Services.AddGrainStorage(StateStorage.Name, (_, _) => storage ?? world.Storage);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new GrainHost(host);
    }

    public IImageGrain Image(string workspaceRef) => Grains.GetGrain<IImageGrain>(workspaceRef);

    public IBuildGrain Build(Guid id) => Grains.GetGrain<IBuildGrain>(id);

    /// <summary>Orders a build and gives its grain.</summary>
    public async Task<IBuildGrain> OrderAsync(BuildOrderMessage order) => Build((await Image(order.WorkspaceRef).Build(order)).BuildId);

    public IQueueGrain Queue() => Grains.GetGrain<IQueueGrain>(IQueueGrain.Default);

    public IReferenceGrain Reference(string key) => Grains.GetGrain<IReferenceGrain>(key);

    /// <summary>Does what a service does when it starts.</summary>
    public Task TakeUpAsync() => _host.Services.GetRequiredService<UnfinishedBuilds>().TakeUpAsync();

    /// <summary>What all shards list.</summary>
    public async Task<List<DirectoryEntry>> ListRunningAsync() =>
        [.. (await Task.WhenAll(DirectoryShards.All(Grains).Select(shard => shard.ListRunning()))).SelectMany(entries => entries)];

    /// <summary>Stops as a service that is asked to.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _host.StopAsync();
            _host.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

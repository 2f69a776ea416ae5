using System.Net;
using Grpc.Net.Client;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Identity;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Gateway;
using ImageBuilder.Grains;
using ImageBuilder.Launchers;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Silo.Hosting;
using ImageBuilder.Silo.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;

namespace ImageBuilder.Silo.Tests.History;

/// <summary>The grains on files, behind the real gateway; no build is ever launched.</summary>
internal sealed class HistoryHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private HistoryHost(WebApplication app)
    {
        _app = app;
        _channel = GrpcChannel.ForAddress(app.Urls.Single());
        Client = new BuildsClient(_channel);
        Grains = app.Services.GetRequiredService<IGrainFactory>();
    }

    public BuildsClient Client { get; }

    public IGrainFactory Grains { get; }

    public static async Task<HistoryHost> StartAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new BuildOptions { Retention = TimeSpan.FromDays(365), HistoryLimit = 10_000_000 })
            .AddGrainServices()
            .AddSingleton<IBuildLogs>(new FileBuildLogs(Path.Combine(folder, "logs")))
            .AddSingleton(new RegistryClient(new RegistryTransportOptions()))
            .AddSingleton(new Keychain([]))
            .AddSingleton<IBuildLauncher, NoLauncher>()
            .AddGateway(new GatewayOptions { Repositories = new ImageRepositories("registry.test/base", "registry.test/workspace") });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort.Next(), gatewayPort: 0);
            silo.UseInMemoryReminderService();
            silo.AddFileGrainStorage(StateStorage.Name, Path.Combine(folder, "state"));
        });
        var app = builder.Build();
        app.MapGateway();
        await app.StartAsync();
        return new HistoryHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class NoLauncher : IBuildLauncher
    {
        public Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

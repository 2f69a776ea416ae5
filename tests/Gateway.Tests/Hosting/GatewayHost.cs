using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Builds.Identity;
using ImageBuilder.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;
using BuilderClient = ImageBuilder.Contracts.ImageBuilder.ImageBuilderClient;

namespace ImageBuilder.Gateway.Tests.Hosting;

/// <summary>The real gateway on a real port, in front of grains that answer what the test says, and a client of it.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string BaseRepository = "base.test/base";
    public const string WorkspaceRepository = "workspace.test/workspace";

    /// <summary>Longer than any busy machine needs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private GatewayHost(WebApplication app, FakeGrains grains)
    {
        _app = app;
        Grains = grains;
        _channel = GrpcChannel.ForAddress(app.Urls.Single());
        Client = new BuilderClient(_channel);
        Builds = new BuildsClient(_channel);
    }

    public static ImageRepositories Repositories { get; } = new(BaseRepository, WorkspaceRepository);

    public FakeGrains Grains { get; }

    public BuilderClient Client { get; }

    /// <summary>A client of the service's own API.</summary>
    public BuildsClient Builds { get; }

    /// <summary>Starts one whose grains, too, go by <paramref name="clock"/>; null for the machine's.</summary>
    public static async Task<GatewayHost> StartAsync(TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var grains = new FakeGrains(clock);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(clock).AddSingleton(grains.Factory);
        builder.Services.AddGateway(new GatewayOptions { Repositories = Repositories, Freshness = TimeSpan.FromSeconds(30) });
        var app = builder.Build();
        app.MapGateway();
        await app.StartAsync();
        return new GatewayHost(app, grains);
    }

    /// <summary>A Dockerfile in a git repository, and the names that come of it.</summary>
    public static BuildSource File(string remote = "https://git.test/a.git", Action<BuildSourceDockerfile>? change = null)
    {
        var file = new BuildSourceDockerfile
        {
            Source = new Contracts.ContentService.WorkspaceInitializer
            {
                Git = new Contracts.ContentService.GitInitializer { RemoteUri = remote, CloneTaget = "main" },
            },
            DockerfileVersion = "1",
            DockerfilePath = "Dockerfile",
        };
        change?.Invoke(file);
        return new BuildSource { File = file };
    }

    public static BuildSource Ref(string reference) => new() { Ref = new BuildSourceReference { Ref = reference } };

    /// <summary>The names that <see cref="File"/> leads to.</summary>
    public static (string BaseRef, string WorkspaceRef) NamesOf(BuildSource source)
    {
        var file = source.File;
        var baseRef = Repositories.BaseReference(new DockerfileSource(
            file.Source.Git.RemoteUri, file.Source.Git.CloneTaget, file.DockerfileVersion, file.DockerfilePath, file.ContextPath));
        return (baseRef, Repositories.WorkspaceReference(baseRef));
    }

    /// <summary>The status that a call fails with.</summary>
    public static async Task<Status> FailureOf(Func<Task> call) => (await Should.ThrowAsync<RpcException>(call)).Status;

    /// <summary>Every message of a build stream until it ends.</summary>
    public async Task<List<BuildResponse>> BuildAsync(BuildRequest request, Metadata? headers = null)
    {
        using var call = Client.Build(request, headers);
        var messages = new List<BuildResponse>();
        using var over = new CancellationTokenSource(Patience);
        while (await call.ResponseStream.MoveNext(over.Token))
        {
            messages.Add(call.ResponseStream.Current);
        }

        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        return messages;
    }

    /// <summary>The bytes of a log stream until it ends.</summary>
    public async Task<string> LogsAsync(LogsRequest request)
    {
        using var call = Client.Logs(request);
        using var log = new MemoryStream();
        using var over = new CancellationTokenSource(Patience);
        while (await call.ResponseStream.MoveNext(over.Token))
        {
            call.ResponseStream.Current.Content.WriteTo(log);
        }

        return System.Text.Encoding.UTF8.GetString(log.ToArray());
    }

    /// <summary>What a server stream gives until it ends.</summary>
    public static async Task<List<T>> AllAsync<T>(AsyncServerStreamingCall<T> call)
    {
        using (call)
        {
            using var over = new CancellationTokenSource(Patience);
            var messages = new List<T>();
            while (await call.ResponseStream.MoveNext(over.Token))
            {
                messages.Add(call.ResponseStream.Current);
            }

            return messages;
        }
    }

    /// <summary>Tells the service to stop, and waits until it has.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

using System.Net;
using System.Net.Sockets;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Transport;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ImageBuilder.Bob.Proxy;

/// <summary>
/// The server of <c>bob proxy</c>: Kestrel alone, without the host, routing and logging around it, because it starts with every build.
/// </summary>
internal sealed class ProxyServer : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly TaskCompletionSource<ProxyRouter> _router = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly ProxyKey? _key;
    private volatile Rehearsal? _rehearsal;
    private readonly RegistryClient _registries;
    private readonly HttpMessageInvoker _upstream;
    private readonly RegistryForwarder _forwarder;

    // How long a request waits until it is known what is served: a proxy that stands by may be given a build a moment after the build looks for it.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private ProxyServer(IPEndPoint listen, RegistryTransportOptions registries, Func<Socket>? createSocket, ProxyKey? key, TimeProvider time)
    {
        _time = time;
        _key = key;
        _registries = new RegistryClient(registries with { MirrorCredentials = (mirror, _) => ValueTask.FromResult(Router?.FindForMirror(mirror)) }, time: time);
        var upstream = RegistryHttpHandler.Create(registries);
        upstream.ConnectTimeout = TimeSpan.FromSeconds(30);
        upstream.ActivityHeadersPropagator = null;
        _upstream = new HttpMessageInvoker(upstream);
        _forwarder = new RegistryForwarder(_registries, _upstream, time);
        var options = new KestrelServerOptions { AddServerHeader = false };
        // A layer is as large as it is, and the registry's states of uploads are long.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxRequestLineSize = 64 << 10;
        options.Limits.MaxRequestBufferSize = 1 << 20;
        options.Listen(listen, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(
            Options.Create(options),
            new BlobTransport(createSocket),
            NullLoggerFactory.Instance);
    }

    private ProxyRouter? Router => _router.Task.IsCompletedSuccessfully ? _router.Task.Result : null;

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Starts a server at <paramref name="listen"/>; port 0 chooses a free one.</summary>
    /// <param name="listen">Where to listen.</param>
    /// <param name="registries">How registries are spoken to.</param>
    /// <param name="createSocket">Makes the socket that listens; null for one in this process's network.</param>
    /// <param name="key">What requests must bring; null for nothing.</param>
    /// <param name="time">The clock of what is waited for; null for the system's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="TransportSettingsException">A CA bundle cannot be read, or a variable that names a proxy is no address.</exception>
    public static async Task<ProxyServer> StartAsync(IPEndPoint listen, RegistryTransportOptions registries, Func<Socket>? createSocket = null, ProxyKey? key = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var server = new ProxyServer(listen, registries, createSocket, key, time ?? TimeProvider.System);
        try
        {
            await server._server.StartAsync(server, cancellationToken);
            var address = new Uri(server._server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
            server.Address = new IPEndPoint(listen.Address, address.Port);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves what <paramref name="router"/> knows; requests that came before wait for this. It is said once.</summary>
    public void Serve(ProxyRouter router) => _router.SetResult(router);

    /// <summary>Serves paths with <paramref name="mark"/>, which nobody else can guess, by <paramref name="router"/>, whatever else is served.</summary>
    public void Rehearse(string mark, ProxyRouter router) => _rehearsal = new Rehearsal(mark, router);

    /// <inheritdoc />
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc />
    public Task ProcessRequestAsync(HttpContext context)
    {
        if (_key?.IsIn(context.Request) == false)
        {
            context.Response.Headers.WWWAuthenticate = ProxyKey.Challenge;
            return RegistryForwarder.FailAsync(context, StatusCodes.Status401Unauthorized, "UNAUTHORIZED", ProxyKey.Refusal);
        }

        var path = context.Request.Path.Value ?? string.Empty;
        var query = context.Request.QueryString.Value ?? string.Empty;
        if (path is "/v2/" or "/v2" && query.Length == 0)
        {
            context.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";
            context.Response.ContentType = "application/json";
            return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync("{}", context.RequestAborted);
        }

        return ServeAsync(context, path, query);
    }

    /// <inheritdoc />
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _server.StopAsync(now.Token);
        _server.Dispose();
        _upstream.Dispose();
        _registries.Dispose();
    }

    private async Task ServeAsync(HttpContext context, string path, string query)
    {
        ProxyRouter router;
        try
        {
            router = _rehearsal is { } rehearsal && path.Contains(rehearsal.Mark, StringComparison.Ordinal) ? rehearsal.Router : await _router.Task.WaitAsync(s_patience, _time, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            await RegistryForwarder.FailAsync(context, StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE", "this proxy has no build yet");
            return;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await (router.Find(context.Request.Method, path, query) is { } route
            ? _forwarder.ForwardAsync(context, route)
            : RegistryForwarder.FailAsync(context, StatusCodes.Status404NotFound, "NAME_UNKNOWN", "this proxy serves the base and target image of one build, nothing else"));
    }

    private sealed record Rehearsal(string Mark, ProxyRouter Router);
}

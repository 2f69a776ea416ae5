using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob proxy</c>: holds the credentials, so that the process which builds does not.</summary>
internal static class ProxyVerb
{
    private static readonly FileStreamOptions s_newFile = new()
    {
        Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    /// <summary>Serves until SIGTERM or SIGINT.</summary>
    public static Task<int> RunAsync(ProxySettings settings) => Verb.RunAsync(async stop =>
    {
        SocketOptions.GoOnWhereHeard();
        using var network = await NetworkAsync(settings, stop);
        var key = settings.KeyFile is null ? null : ProxyKey.New();
        await using var server = await StartAsync(settings, network, key, stop);
        await (key is null ? Task.CompletedTask : WriteAsync(settings.KeyFile!, key.Password, stop));
        if (settings.StandsBy)
        {
            await WriteAddressAsync(settings, server, stop);
            await WarmUpAsync(server, network, key, stop);
        }

        if (await ReadRouterAsync(settings, stop) is not { } router)
        {
            return;
        }

        server.Serve(router);
        if (!settings.StandsBy)
        {
            await WriteAddressAsync(settings, server, stop);
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    });

    private static async Task<IsolatedNetwork?> NetworkAsync(ProxySettings settings, CancellationToken stop)
    {
        if (settings.NetworkFile is null)
        {
            return null;
        }

        if (settings.DeniedNetworks.FirstOrDefault(network => !IPNetwork.TryParse(network, out _)) is { } wrong)
        {
            throw new UsageException($"--deny \"{wrong}\": must be a network, for example 10.0.0.0/8");
        }

        var made = IsolatedNetwork.Create(settings.DeniedNetworks);
        await (settings.HasUplink ? made.ConnectAsync(stop) : Task.CompletedTask);
        await WriteAsync(settings.NetworkFile, made.EntryPath, stop);
        return made;
    }

    private static Task WriteAddressAsync(ProxySettings settings, ProxyServer server, CancellationToken stop) =>
        settings.AddressFile is { } addressFile ? WriteAsync(addressFile, server.Address.ToString(), stop) : Task.CompletedTask;

    private static async Task WriteAsync(string file, string text, CancellationToken stop)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}";
        await using (var stream = new FileStream(temporary, s_newFile))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), stop);
        }

        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Sends one request through the proxy to itself, so that the first one of the build finds its way compiled.</summary>
    private static async Task WarmUpAsync(ProxyServer server, IsolatedNetwork? network, ProxyKey? key, CancellationToken stop)
    {
        var mark = $"{Guid.NewGuid():N}";
        var auth = key?.Login.Auth;
        server.Rehearse(mark, new ProxyRouter([], ProxyCredentials.Parse(null, $$$"""{"{{{server.Address}}}":{"auth":"{{{auth}}}"}}""")));
        try
        {
            using var handler = new SocketsHttpHandler { UseProxy = false };
            if (network is not null)
            {
                handler.ConnectCallback = async (context, cancellationToken) =>
                {
                    var socket = network.CreateSocket();
                    await socket.ConnectAsync(server.Address, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                };
            }

            using var client = new HttpClient(handler);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", auth);
            using var answer = await client.GetAsync($"http://{server.Address}/v2/ns/{ProxyRouter.NamedPath(server.Address.ToString())}/{mark}/manifests/latest", stop);
        }
        catch (HttpRequestException)
        {
            // A cold proxy serves as well.
        }
    }

    /// <summary>What is to be served; null when the proxy stood by and nobody wants it any more.</summary>
    private static async Task<ProxyRouter?> ReadRouterAsync(ProxySettings settings, CancellationToken stop)
    {
        try
        {
            if (settings.StandsBy)
            {
                var order = await BoundedInput.ReadAsync(ProxyCredentials.MaximumSize, stop);
                return order.Length == 0 ? null : ReadOrder(order);
            }

            var credentials = settings.CredentialsFromStdin
                ? ProxyCredentials.ParseOne(await BoundedInput.ReadAsync(ProxyCredentials.MaximumSize, stop))
                : ProxyCredentials.Parse(settings.Auth, settings.AdditionalAuth);
            return Router(settings.BaseReference, settings.TargetReference, settings.CacheReference, credentials);
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    private static ProxyRouter ReadOrder(string json)
    {
        try
        {
            using var order = JsonDocument.Parse(json);
            string? Text(string name) => order.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            return Router(Text("baseRef"), Text("targetRef"), Text("cacheRef"), ProxyCredentials.ParseOne(order.RootElement.GetProperty("credentials").GetRawText()));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // Its message could show a value.
            throw new UsageException("stdin: must be {\"baseRef\":\"…\",\"targetRef\":\"…\",\"credentials\":{…}}");
        }
    }

    private static ProxyRouter Router(string? baseReference, string? targetReference, string? cacheReference, ProxyCredentials credentials)
    {
        ProxyAlias?[] aliases =
        [
            Read(baseReference, "--base-ref", image => new ProxyAlias(ProxyAlias.Base, image)),
            Read(targetReference, "--target-ref", image => new ProxyAlias(ProxyAlias.Target, image)),
            Read(cacheReference, "--cache-ref", ProxyAlias.OfCache),
        ];
        return new ProxyRouter([.. aliases.OfType<ProxyAlias>()], credentials);
    }

    private static async Task<ProxyServer> StartAsync(ProxySettings settings, IsolatedNetwork? network, ProxyKey? key, CancellationToken stop)
    {
        var listen = settings.Listen;
        if (!IPEndPoint.TryParse(listen, out var address) || (address.Port == 0 && !listen.EndsWith(":0", StringComparison.Ordinal)))
        {
            throw new UsageException($"--listen \"{listen}\": must be <IP address>:<port>, for example 127.0.0.1:8080; port 0 chooses a free one");
        }

        try
        {
            return await ProxyServer.StartAsync(
                address,
                new RegistryTransportOptions { PlainHttpHosts = [.. settings.PlainHttpHosts], Mirrors = ReadMirrors(settings.Mirrors), CaBundles = [.. settings.CaBundles] },
                network is null ? null : network.CreateSocket,
                key,
                cancellationToken: stop);
        }
        catch (TransportSettingsException exception)
        {
            throw new UsageException(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new UsageException($"--listen \"{listen}\": {exception.Message}");
        }
    }

    private static ImmutableDictionary<string, ImmutableArray<string>> ReadMirrors(IReadOnlyList<string> pairs) => pairs
        .Select(pair => pair.Split('=') is [{ Length: > 0 } registry, { Length: > 0 } mirror]
            ? (Registry: registry, Mirror: mirror)
            : throw new UsageException($"--mirror \"{pair}\": must be <registry>=<mirror>, for example docker.io=mirror.internal:5000"))
        .GroupBy(pair => pair.Registry)
        .ToImmutableDictionary(group => group.Key, group => group.Select(pair => pair.Mirror).ToImmutableArray());

    private static ProxyAlias? Read(string? reference, string flag, Func<ImageReference, ProxyAlias> alias) =>
        string.IsNullOrEmpty(reference) ? null
        : ImageReference.TryParse(reference, out var image, out var error) ? alias(image)
        : throw new UsageException($"{flag}: {error}");
}

using System.Net;
using System.Net.Sockets;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob proxy</c>: holds the credentials, so that the process which builds does not.</summary>
internal static class ProxyVerb
{
    /// <summary>Serves until SIGTERM or SIGINT.</summary>
    public static Task<int> RunAsync(ProxySettings settings) => Verb.RunAsync(async stop =>
    {
        var credentials = await ReadCredentialsAsync(settings, stop);
        var router = new ProxyRouter(
            [.. new[] { Alias("base", settings.BaseReference, "--base-ref"), Alias("target", settings.TargetReference, "--target-ref") }.OfType<ProxyAlias>()],
            credentials);
        await using var server = await StartAsync(settings, router, stop);
        if (settings.AddressFile is { } addressFile)
        {
            var temporary = $"{addressFile}.{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(temporary, server.Address.ToString(), stop);
            File.Move(temporary, addressFile, overwrite: true);
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    });

    private static async Task<ProxyCredentials> ReadCredentialsAsync(ProxySettings settings, CancellationToken stop)
    {
        try
        {
            return settings.CredentialsFromStdin
                ? ProxyCredentials.ParseOne(await BoundedInput.ReadAsync(ProxyCredentials.MaximumSize, stop))
                : ProxyCredentials.Parse(settings.Auth, settings.AdditionalAuth);
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    private static async Task<ProxyServer> StartAsync(ProxySettings settings, ProxyRouter router, CancellationToken stop)
    {
        var listen = settings.Listen;
        if (!IPEndPoint.TryParse(listen, out var address) || (address.Port == 0 && !listen.EndsWith(":0", StringComparison.Ordinal)))
        {
            throw new UsageException($"--listen \"{listen}\": must be <IP address>:<port>, for example 127.0.0.1:8080; port 0 chooses a free one");
        }

        try
        {
            return await ProxyServer.StartAsync(address, router, settings.PlainHttpHosts, stop);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new UsageException($"--listen \"{listen}\": {exception.Message}");
        }
    }

    private static ProxyAlias? Alias(string name, string? reference, string flag) =>
        string.IsNullOrEmpty(reference) ? null
        : ImageReference.TryParse(reference, out var image, out var error) ? new ProxyAlias(name, image)
        : throw new UsageException($"{flag}: {error}");
}

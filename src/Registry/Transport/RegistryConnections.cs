using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// What sends requests: one handler for the hosts that users and operators name, and one for each reach of addresses that registries name, so that no
/// connection of the one is used for the other.
/// </summary>
internal sealed class RegistryConnections : IDisposable
{
    private readonly HttpMessageInvoker _own;
    private readonly HttpMessageInvoker[] _foreign;

    /// <summary>Own handlers.</summary>
    /// <exception cref="TransportSettingsException">A CA bundle cannot be read, or a variable that names a proxy is no address.</exception>
    public RegistryConnections(RegistryTransportOptions options, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        var proxy = EnvironmentProxy.Read(Environment.GetEnvironmentVariable);
        var authorities = CaBundles.Read(options.CaBundles);
        _own = new HttpMessageInvoker(RegistryHttpHandler.Create(authorities, proxy));
        _foreign = [.. new[] { AddressReach.Public, AddressReach.Private, AddressReach.Loopback }.Select(reach =>
        {
            var handler = RegistryHttpHandler.Create(authorities, proxy);
            handler.ConnectCallback = (context, token) => ConnectAsync(context, reach, proxy, resolve, token);
            return new HttpMessageInvoker(handler);
        })];
    }

    /// <summary>A handler of the caller's, for everything.</summary>
    public RegistryConnections(HttpMessageHandler handler)
    {
        _own = new HttpMessageInvoker(handler, disposeHandler: false);
        _foreign = [_own, _own, _own];
    }

    /// <summary>What sends to an address that a registry gave and that was checked to be no nearer than <paramref name="reach"/>; null: to the registry itself.</summary>
    public HttpMessageInvoker For(AddressReach? reach) => reach is { } limit ? _foreign[(int)limit] : _own;

    public void Dispose()
    {
        _own.Dispose();
        foreach (var invoker in _foreign)
        {
            invoker.Dispose();
        }
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, AddressReach reach, EnvironmentProxy? proxy, Func<string, CancellationToken, Task<IPAddress[]>> resolve, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        // The operator named the proxy, and it may be anywhere.
        var isProxied = context.InitialRequestMessage.RequestUri is { } target && proxy?.GetProxy(target) is not null;
        var allowed = isProxied ? addresses : [.. addresses.Where(address => address.Reach() <= reach)];
        if (allowed.Length == 0)
        {
            throw addresses.Length == 0 ? new SocketException((int)SocketError.HostNotFound) : new ForeignAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

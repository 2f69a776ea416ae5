using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// Where a registry may send us: to a token endpoint (realm), a blob store (redirect) or an upload address (Location). Whoever names an image
/// chooses its registry, so these addresses are not trusted blindly:
/// <list type="number">
/// <item>They are absolute http or https addresses without user information.</item>
/// <item>They are https. Plain http is followed only from a registry that is itself spoken to in plain http, and only to its own host, from loopback to
/// loopback, or to a listed plain-HTTP host.</item>
/// <item>On another host than the registry's they are not at an address of our own network (private, unique local, shared) unless the
/// registry is itself at one; at this machine (loopback) only if the registry is; and at a link-local address (cloud metadata) never. Names count as
/// the addresses that they resolve to.</item>
/// </list>
/// Basic credentials go to the registry and to a realm that passes these rules, and nowhere else. A name could resolve differently a moment later;
/// TLS then fails, because the certificate is another name's.
/// </summary>
/// <param name="plainHttp">Which hosts may be spoken to in plain HTTP.</param>
/// <param name="resolve">Looks a host name up.</param>
internal sealed class ForeignAddressRule(PlainHttpRule plainHttp, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    private enum Reach
    {
        Public,
        Private,
        Loopback,
        LinkLocal,
    }

    /// <summary>Returns when <paramref name="registry"/> may send us to <paramref name="target"/>.</summary>
    /// <param name="host">The registry's name, for the message.</param>
    /// <param name="registry">The registry's base address.</param>
    /// <param name="target">Where it sends us.</param>
    /// <param name="what">What is there, for the message: <c>token endpoint</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RegistryException">It may not; the message says why.</exception>
    public async Task CheckAsync(string host, Uri registry, Uri target, string what, CancellationToken cancellationToken)
    {
        if (await WhyRefusedAsync(registry, target, cancellationToken) is { } reason)
        {
            throw new RegistryException(
                RegistryError.InvalidResponse, host, $"registry {host} names a {what} on host {target.Host} that is not used: {reason}");
        }
    }

    private async Task<string?> WhyRefusedAsync(Uri registry, Uri target, CancellationToken cancellationToken)
    {
        if ((target.Scheme != Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttp) || target.UserInfo.Length > 0)
        {
            return "it is not a plain https address";
        }

        var sameHost = target.IdnHost == registry.IdnHost;
        if (target.Scheme == Uri.UriSchemeHttp
            && (registry.Scheme != Uri.UriSchemeHttp || !(sameHost || (target.IsLoopback && registry.IsLoopback) || plainHttp.IsListed(target))))
        {
            return "it is not https";
        }

        if (sameHost || (target.IsLoopback && registry.IsLoopback))
        {
            return null;
        }

        var reach = await ReachAsync(target, cancellationToken);
        return reach switch
        {
            Reach.Public => null,
            Reach.LinkLocal => "it is at a link-local address",
            _ => await ReachAsync(registry, cancellationToken) is var own && (own == Reach.Loopback || (own == Reach.Private && reach == Reach.Private))
                ? null
                : "it is inside this network, and the registry is not",
        };
    }

    private async Task<Reach> ReachAsync(Uri address, CancellationToken cancellationToken)
    {
        if (address.IsLoopback)
        {
            return Reach.Loopback;
        }

        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(address.IdnHost, out var literal) ? [literal] : await resolve(address.IdnHost, cancellationToken);
        }
        catch (SocketException)
        {
            // Nothing can be sent to a name that does not resolve, save by a proxy, which has rules of its own.
            return Reach.Public;
        }

        return addresses.Select(ReachOf).DefaultIfEmpty(Reach.Public).Max();
    }

    private static Reach ReachOf(IPAddress address)
    {
        var bare = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(bare) || bare.Equals(IPAddress.Any) || bare.Equals(IPAddress.IPv6Any))
        {
            return Reach.Loopback;
        }

        if (bare.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return bare.IsIPv6LinkLocal || bare.IsIPv6Multicast ? Reach.LinkLocal
                : bare.IsIPv6UniqueLocal || bare.IsIPv6SiteLocal ? Reach.Private
                : Reach.Public;
        }

        var bytes = bare.GetAddressBytes();
        return (bytes[0], bytes[1]) switch
        {
            (169, 254) or (>= 224, _) => Reach.LinkLocal,
            (10, _) or (172, >= 16 and <= 31) or (192, 168) or (100, >= 64 and <= 127) or (0, _) => Reach.Private,
            _ => Reach.Public,
        };
    }
}

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
/// Basic credentials go to the registry and to a realm that passes these rules, and nowhere else. A name could resolve differently a moment later, so
/// the connection is made only to addresses that are no nearer than the ones checked (<see cref="RegistryConnections"/>). Where an HTTP proxy makes
/// the connection, names that only it can resolve are its to judge; those that resolve here too are checked as ever.
/// </summary>
/// <param name="plainHttp">Which hosts may be spoken to in plain HTTP.</param>
/// <param name="resolve">Looks a host name up.</param>
internal sealed class ForeignAddressRule(PlainHttpRule plainHttp, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>Returns when <paramref name="registry"/> may send us to <paramref name="target"/>.</summary>
    /// <param name="host">The registry's name, for the message.</param>
    /// <param name="registry">The registry's base address.</param>
    /// <param name="target">Where it sends us.</param>
    /// <param name="what">What is there, for the message: <c>token endpoint</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How far a connection there may reach; null when it is the registry's own host, which may be anywhere.</returns>
    /// <exception cref="RegistryException">It may not; the message says why.</exception>
    public async Task<AddressReach?> CheckAsync(string host, Uri registry, Uri target, string what, CancellationToken cancellationToken)
    {
        if (WhyRefused(registry, target) is { } reason)
        {
            throw Refused(host, target, what, reason);
        }

        if (target.IdnHost == registry.IdnHost || (target.IsLoopback && registry.IsLoopback))
        {
            return null;
        }

        var reach = await ReachAsync(target, cancellationToken);
        if (reach == AddressReach.LinkLocal)
        {
            throw Refused(host, target, what, "it is at a link-local address");
        }

        if (reach != AddressReach.Public)
        {
            var own = await ReachAsync(registry, cancellationToken);
            if (own != AddressReach.Loopback && (own != AddressReach.Private || reach != AddressReach.Private))
            {
                throw Refused(host, target, what, "it is inside this network, and the registry is not");
            }
        }

        return reach;
    }

    private static RegistryException Refused(string host, Uri target, string what, string reason) =>
        new(RegistryError.InvalidResponse, host, $"registry {host} names a {what} on host {target.Host} that is not used: {reason}");

    private string? WhyRefused(Uri registry, Uri target)
    {
        if ((target.Scheme != Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttp) || target.UserInfo.Length > 0)
        {
            return "it is not a plain https address";
        }

        if (target.Scheme == Uri.UriSchemeHttp
            && (registry.Scheme != Uri.UriSchemeHttp || !(target.IdnHost == registry.IdnHost || (target.IsLoopback && registry.IsLoopback) || plainHttp.IsListed(target))))
        {
            return "it is not https";
        }

        return null;
    }

    private async Task<AddressReach> ReachAsync(Uri address, CancellationToken cancellationToken)
    {
        if (IsThisMachine(address))
        {
            return AddressReach.Loopback;
        }

        IPAddress[] addresses;
        try
        {
            // Some resolvers take an address with a dot at its end for that address.
            addresses = IPAddress.TryParse(address.IdnHost.TrimEnd('.'), out var literal)
                ? [literal]
                : await resolve(address.IdnHost, cancellationToken);
        }
        catch (SocketException)
        {
            // Nothing can be sent to a name that does not resolve, save by a proxy, which has rules of its own.
            return AddressReach.Public;
        }

        return addresses.Select(found => found.Reach()).DefaultIfEmpty(AddressReach.Public).Max();
    }

    // RFC 6761, 6.3.
    private static bool IsThisMachine(Uri address) =>
        address.IsLoopback || address.IdnHost.TrimEnd('.') is var name && (name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal));
}

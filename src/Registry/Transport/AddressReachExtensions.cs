using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Registry.Transport;

/// <summary>Tells where addresses are.</summary>
public static class AddressReachExtensions
{
    private static readonly (IPNetwork Network, AddressReach Reach)[] Networks =
    [
        // IANA's special-purpose registries for IPv4 and IPv6, as far as their addresses are not globally reachable.
        (IPNetwork.Parse("0.0.0.0/32"), AddressReach.Loopback),
        (IPNetwork.Parse("127.0.0.0/8"), AddressReach.Loopback),
        (IPNetwork.Parse("169.254.0.0/16"), AddressReach.LinkLocal),
        (IPNetwork.Parse("224.0.0.0/3"), AddressReach.LinkLocal),
        (IPNetwork.Parse("0.0.0.0/8"), AddressReach.Private),
        (IPNetwork.Parse("10.0.0.0/8"), AddressReach.Private),
        (IPNetwork.Parse("100.64.0.0/10"), AddressReach.Private),
        (IPNetwork.Parse("172.16.0.0/12"), AddressReach.Private),
        (IPNetwork.Parse("192.0.0.0/24"), AddressReach.Private),
        (IPNetwork.Parse("192.168.0.0/16"), AddressReach.Private),
        (IPNetwork.Parse("198.18.0.0/15"), AddressReach.Private),
        (IPNetwork.Parse("::/127"), AddressReach.Loopback),
        (IPNetwork.Parse("fe80::/10"), AddressReach.LinkLocal),
        (IPNetwork.Parse("ff00::/8"), AddressReach.LinkLocal),
        (IPNetwork.Parse("fc00::/7"), AddressReach.Private),
        (IPNetwork.Parse("fec0::/10"), AddressReach.Private),
        (IPNetwork.Parse("64:ff9b:1::/48"), AddressReach.Private),
        (IPNetwork.Parse("2001::/32"), AddressReach.Private),
    ];

    // Prefixes before an IPv4 address that a gateway takes the packet on to: where the IPv4 address begins, in bytes.
    private static readonly (IPNetwork Network, int Offset)[] Translations =
    [
        (IPNetwork.Parse("::ffff:0:0:0/96"), 12),
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
        (IPNetwork.Parse("::/96"), 12),
    ];

    /// <summary>Where <paramref name="address"/> is. One that carries an IPv4 address (mapped, NAT64, 6to4) is where that is.</summary>
    public static AddressReach Reach(this IPAddress address)
    {
        // Without its zone, which is only of this machine's interest.
        var bare = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());
        foreach (var (network, reach) in Networks)
        {
            if (network.BaseAddress.AddressFamily == bare.AddressFamily && network.Contains(bare))
            {
                return reach;
            }
        }

        foreach (var (network, offset) in Translations)
        {
            if (bare.AddressFamily == AddressFamily.InterNetworkV6 && network.Contains(bare))
            {
                return new IPAddress(bare.GetAddressBytes().AsSpan(offset, 4)).Reach();
            }
        }

        return AddressReach.Public;
    }
}

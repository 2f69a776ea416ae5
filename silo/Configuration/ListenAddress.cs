using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Silo.Configuration;

/// <summary>
/// An address to listen on, written as Go programs take it: <c>:8080</c> (every address of the machine, IPv4 and IPv6), <c>localhost:8080</c> (127.0.0.1),
/// <c>0.0.0.0:8080</c>, <c>[::1]:8080</c>. Port 0 means one that the system chooses.
/// </summary>
internal sealed record ListenAddress
{
    private ListenAddress(string text, IPEndPoint endPoint)
    {
        Text = text;
        EndPoint = endPoint;
    }

    /// <summary>The address as it was written.</summary>
    public string Text { get; }

    /// <summary>What to bind. <see cref="IPAddress.IPv6Any"/> stands for IPv6 and IPv4 at once.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Takes <c>[host]:port</c>, where host is nothing, localhost, an IPv4 address or an IPv6 address in brackets.</summary>
    /// <exception cref="FormatException">The text is not such an address.</exception>
    public static ListenAddress Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon >= 0
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && ParseHost(text[..colon]) is { } host
            ? new ListenAddress(text, new IPEndPoint(host, port))
            : throw new FormatException("It is not an address to listen on such as :8080.");
    }

    /// <summary>Whether both cannot be listened on at the same time.</summary>
    public bool Overlaps(ListenAddress other) =>
        EndPoint.Port == other.EndPoint.Port && EndPoint.Port != 0
        && (EndPoint.Address.Equals(other.EndPoint.Address) || Covers(other) || other.Covers(this));

    /// <summary>The address as it was written.</summary>
    public override string ToString() => Text;

    private static IPAddress? ParseHost(string host) => host switch
    {
        "" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        ['[', .. var inner, ']'] => IPAddress.TryParse(inner, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 ? v6 : null,
        // IPAddress also takes 1, 0x7f.1 and 010.0.0.1, which Go does not.
        _ => IPAddress.TryParse(host, out var v4) && v4.ToString() == host && v4.AddressFamily == AddressFamily.InterNetwork ? v4 : null,
    };

    private bool Covers(ListenAddress other) =>
        EndPoint.Address.Equals(IPAddress.IPv6Any)
        || (EndPoint.Address.Equals(IPAddress.Any) && other.EndPoint.AddressFamily == AddressFamily.InterNetwork);
}

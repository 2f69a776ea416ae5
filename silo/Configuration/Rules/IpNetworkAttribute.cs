using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>A network of IPv4 addresses, in CIDR notation.</summary>
internal sealed class IpNetworkAttribute : RuleAttribute
{
    /// <inheritdoc />
    public override string Allowed => "a network of IPv4 addresses such as \"10.0.0.0/8\"";

    /// <inheritdoc />
    public override string? Check(object value) =>
        IPNetwork.TryParse((string)value, out var network) && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? null : "is not";
}

using System.Net;

namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>An IP address that others can connect to.</summary>
internal sealed class IpAddressAttribute : RuleAttribute
{
    /// <inheritdoc />
    public override string Allowed => "an IP address such as \"10.0.0.7\"";

    /// <inheritdoc />
    public override string? Check(object value) =>
        IPAddress.TryParse((string)value, out var address) && address.ToString() == (string)value && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? null
            : "is not";
}

using System.Collections.Frozen;

namespace ImageBuilder.Registry.Transport;

/// <summary>Which hosts may be spoken to in plain HTTP: loopback, and those the operator listed.</summary>
internal sealed class PlainHttpRule(IEnumerable<string> listed)
{
    private readonly FrozenSet<string> _listed = listed.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the operator listed the address's host, with its port or for every port.</summary>
    public bool IsListed(Uri address) => _listed.Contains(address.Host) || _listed.Contains($"{address.Host}:{address.Port}");
}

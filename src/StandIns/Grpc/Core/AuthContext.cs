namespace Grpc.Core;

/// <summary>What the transport proved about the peer.</summary>
public class AuthContext
{
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    /// <summary>A context of these facts; a null name means that the peer is not authenticated.</summary>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        PeerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties;
    }

    /// <summary>Whether the peer is who it says.</summary>
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>Which facts name the peer.</summary>
    public string? PeerIdentityPropertyName { get; }

    /// <summary>The names of the peer.</summary>
    public IEnumerable<AuthProperty> PeerIdentity => PeerIdentityPropertyName is null ? [] : FindPropertiesByName(PeerIdentityPropertyName);

    /// <summary>Every fact.</summary>
    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(properties => properties);

    /// <summary>The facts of one name.</summary>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        _properties.TryGetValue(propertyName, out var properties) ? properties : [];
}

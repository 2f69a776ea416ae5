namespace ImageBuilder.Registry.Transport;

/// <summary>Where an address is, from far to near.</summary>
public enum AddressReach
{
    /// <summary>On the internet.</summary>
    Public,

    /// <summary>In our own network: private, unique local, shared, and what else is not routed on the internet.</summary>
    Private,

    /// <summary>On this machine.</summary>
    Loopback,

    /// <summary>Link-local, where clouds serve machine credentials; and addresses that are nobody's, such as multicast.</summary>
    LinkLocal,
}

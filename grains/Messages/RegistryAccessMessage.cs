using System.Collections.Immutable;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Grains.Messages;

/// <summary>Which registry credentials a request may use. Holds the caller's own credentials, so it is never stored or logged.</summary>
/// <param name="AllowAll">Whether every credential of the installation may be used.</param>
/// <param name="AllowedHosts">Registry hosts for which the installation's credentials may be used.</param>
/// <param name="Additional">The caller's credentials: registry host to base64 of "user:password".</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.RegistryAccess")]
public sealed record RegistryAccessMessage(
    [property: Id(0)] bool AllowAll,
    [property: Id(1)] ImmutableArray<string> AllowedHosts,
    [property: Id(2)] ImmutableDictionary<string, string> Additional)
{
    /// <summary>A request that may use every credential of the installation: the service itself.</summary>
    public static RegistryAccessMessage Everything { get; } = new(true, [], ImmutableDictionary<string, string>.Empty);

    /// <summary>A request that may use no credential.</summary>
    public static RegistryAccessMessage Nothing { get; } = new(false, [], ImmutableDictionary<string, string>.Empty);

    /// <summary>Whether the same credentials may be used.</summary>
    public bool Equals(RegistryAccessMessage? other) =>
        other is not null
        && AllowAll == other.AllowAll
        && AllowedHosts.AsSpan().SequenceEqual(other.AllowedHosts.AsSpan())
        && Additional.Count == other.Additional.Count
        && Additional.All(credential => other.Additional.TryGetValue(credential.Key, out var known) && known == credential.Value);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(AllowAll, AllowedHosts.Length, Additional.Count);

    /// <inheritdoc />
    public override string ToString() => "RegistryAccess (not shown)";

    internal RegistryAccess ToAccess() => new() { AllowAll = AllowAll, AllowedHosts = AllowedHosts, Additional = Additional };
}

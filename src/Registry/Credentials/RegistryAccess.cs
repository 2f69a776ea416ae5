using System.Collections.Immutable;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// What one request may use: whether the installation's credentials, for which registries, and the credentials that the request
/// brought itself (wire contract, Registry credentials). Hosts are compared normalised. Its text never shows a secret.
/// </summary>
public sealed record RegistryAccess
{
    /// <summary>None of the installation's credentials (but those of ECR registries, which every request may use).</summary>
    public static RegistryAccess None { get; } = new();

    /// <summary>All of the installation's credentials.</summary>
    public static RegistryAccess All { get; } = new() { AllowAll = true };

    /// <summary>Whether the installation's credentials for every registry may be used.</summary>
    public bool AllowAll { get; init; }

    /// <summary>The registries whose credentials of the installation may be used.</summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>The request's own credentials: host to base64 of "user:password".</summary>
    public ImmutableDictionary<string, string> Additional { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Whether the installation's credentials for <paramref name="host"/> may be used.</summary>
    public bool Allows(string host) => throw new NotImplementedException(host + AllowAll);

    /// <summary>Why the installation's credentials for <paramref name="host"/> are not used, naming the registry; null when they may be.</summary>
    public string? WhyDenied(string host) => throw new NotImplementedException(host + AllowAll);

    /// <summary>The request's own credential for <paramref name="host"/>, or null.</summary>
    public RegistryCredential? FindAdditional(string host) => throw new NotImplementedException(host + AllowAll);

    /// <summary>The rules, with the hosts but not the values of the request's own credentials.</summary>
    public override string ToString() =>
        $"RegistryAccess {{ {(AllowAll ? "all" : $"allowed: [{string.Join(", ", AllowedHosts)}]")}, additional: [{string.Join(", ", Additional.Keys.Order(StringComparer.Ordinal))}] (redacted) }}";
}

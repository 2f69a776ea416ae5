using System.Collections.Immutable;
using System.Text;
using ImageBuilder.Registry.Credentials.Ecr;
using ImageBuilder.Registry.Names;

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

    /// <summary>Whether <paramref name="host"/> is a private registry of Amazon ECR: <c>123456789012.dkr.ecr.eu-west-1.amazonaws.com</c>.</summary>
    public static bool IsEcr(string host) => EcrRegistry.TryParse(host, out _);

    /// <summary>Whether the installation's credentials for <paramref name="host"/> may be used.</summary>
    public bool Allows(string host)
    {
        var wanted = RegistryHost.Normalise(host);
        return AllowAll || IsEcr(wanted) || (!AllowedHosts.IsDefault && AllowedHosts.Any(allowed => RegistryHost.Normalise(allowed) == wanted));
    }

    /// <summary>Why the installation's credentials for <paramref name="host"/> are not used, naming the registry; null when they may be.</summary>
    public string? WhyDenied(string host) =>
        Allows(host) ? null
        : AllowedHosts.IsDefaultOrEmpty ? $"registry {Shown.Text(host)} is not allowed: the request may use none of the installation's credentials"
        : $"registry {Shown.Text(host)} is not in the request's allow list ({string.Join(", ", AllowedHosts.Take(20).Select(Shown.Text))})";

    /// <summary>
    /// The request's own credential for <paramref name="host"/>, or null. The user is everything before the last ":" of the decoded value,
    /// the password the rest; a value that is not base64, or has no ":" in it, is kept as <see cref="RegistryCredential.RawAuth"/>.
    /// </summary>
    public RegistryCredential? FindAdditional(string host)
    {
        if (!Additional.TryGetValue(host, out var value))
        {
            var wanted = RegistryHost.Normalise(host);
            value = Additional.OrderBy(entry => entry.Key, StringComparer.Ordinal).FirstOrDefault(entry => RegistryHost.Normalise(entry.Key) == wanted).Value;
        }

        return string.IsNullOrEmpty(value) ? null : Decode(value);
    }

    /// <summary>The rules, with the hosts but not the values of the request's own credentials.</summary>
    public override string ToString() =>
        $"RegistryAccess {{ {(AllowAll ? "all" : $"allowed: [{(AllowedHosts.IsDefault ? string.Empty : string.Join(", ", AllowedHosts))}]")}, additional: [{string.Join(", ", Additional.Keys.Order(StringComparer.Ordinal))}] (redacted) }}";

    private static RegistryCredential Decode(string value)
    {
        var bytes = new byte[value.Length];
        if (Convert.TryFromBase64String(value, bytes, out var length))
        {
            var text = Encoding.UTF8.GetString(bytes, 0, length);
            if (text.LastIndexOf(':') is var colon and >= 0)
            {
                return RegistryCredential.Basic(text[..colon], text[(colon + 1)..]);
            }
        }

        return new RegistryCredential { RawAuth = value };
    }
}

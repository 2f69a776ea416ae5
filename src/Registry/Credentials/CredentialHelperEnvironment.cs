using System.Collections;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// What of this process's environment a credential helper is given: what it finds its user, its programs, its keychain and its network by,
/// and what the clouds tell an identity by. Nothing else, since other variables may hold this service's own secrets.
/// </summary>
internal static class CredentialHelperEnvironment
{
    private static readonly HashSet<string> s_names = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR",
        "DOCKER_CONFIG", "GNUPGHOME", "PASSWORD_STORE_DIR", "DBUS_SESSION_BUS_ADDRESS",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
        "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET",
        "GCE_METADATA_HOST", "GCE_METADATA_IP",
        "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT",
    };

    private static readonly string[] s_prefixes = ["LC_", "XDG_", "AWS_", "AZURE_", "ACR_", "GOOGLE_", "CLOUDSDK_", "GCLOUD_"];

    /// <summary>The variables of <paramref name="own"/> that a helper may see.</summary>
    public static IEnumerable<(string Name, string Value)> Of(IDictionary own) =>
        from DictionaryEntry variable in own
        let name = (string)variable.Key
        where s_names.Contains(name) || s_prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))
        select (name, (string)variable.Value!);
}

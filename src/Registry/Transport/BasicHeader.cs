using System.Net.Http.Headers;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>A credential as an <c>Authorization: Basic</c> header.</summary>
internal static class BasicHeader
{
    /// <summary>The header, or null for a credential without user, password or raw value.</summary>
    public static AuthenticationHeaderValue? For(string host, RegistryCredential? credential)
    {
        if (credential?.Username is { Length: > 0 } || credential?.Password is { Length: > 0 })
        {
            return new AuthenticationHeaderValue("Basic", credential.Auth);
        }

        return credential?.RawAuth is not { Length: > 0 } raw ? null
            : IsHeaderSafe(raw) ? new AuthenticationHeaderValue("Basic", raw)
            : throw new RegistryException(RegistryError.Unauthorized, host, $"the credential for registry {host} has characters that no header can carry");
    }

    /// <summary>Whether <paramref name="value"/> can stand in a header: visible ASCII, no spaces.</summary>
    public static bool IsHeaderSafe(string value) => !value.AsSpan().ContainsAnyExceptInRange('!', '~');
}

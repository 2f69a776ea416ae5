using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// What opens a registry; one of: user and password, an identity token (exchanged for access tokens at the token endpoint), a registry
/// token (sent as it is, as Bearer), or a raw auth value. Where several are set, the first of registry token, identity token, user and
/// password, raw auth counts. Its text never shows a secret.
/// </summary>
public sealed record RegistryCredential
{
    /// <summary>What the fingerprint of no credential is.</summary>
    public const string AnonymousFingerprint = "anonymous";

    /// <summary>The user's name; null when there is none.</summary>
    public string? Username { get; init; }

    /// <summary>The user's password; null when there is none.</summary>
    public string? Password { get; init; }

    /// <summary>An OAuth2 refresh token.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>A bearer token of the registry itself.</summary>
    public string? RegistryToken { get; init; }

    /// <summary>A value sent unchanged after <c>Authorization: Basic</c>, for auth values that are not base64 of "user:password".</summary>
    public string? RawAuth { get; init; }

    /// <summary>
    /// What docker config files have as <c>auth</c>, and requests after <c>Authorization: Basic</c>: base64 of "user:password"; <see cref="RawAuth"/>
    /// where neither of the two is set.
    /// </summary>
    public string? Auth => Username is null && Password is null ? RawAuth : Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}"));

    /// <summary>A credential of user and password.</summary>
    public static RegistryCredential Basic(string username, string password) => new() { Username = username, Password = password };

    /// <summary>
    /// A stable name of this credential for cache keys: the HMAC-SHA256 of all its parts under <paramref name="key"/>, in lowercase hexadecimal.
    /// Two credentials have the same one only when they are equal; it does not give the secret away without the key. A credential with nothing in
    /// it has <see cref="AnonymousFingerprint"/>, as has no credential at all.
    /// </summary>
    public string Fingerprint(ReadOnlySpan<byte> key)
    {
        string?[] parts = [Username, Password, IdentityToken, RegistryToken, RawAuth];
        if (parts.All(string.IsNullOrEmpty))
        {
            return AnonymousFingerprint;
        }

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part ?? string.Empty);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hmac.AppendData(length);
            hmac.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    /// <summary>The kind of the credential, with nothing of its content.</summary>
    public override string ToString() =>
        RegistryToken is { Length: > 0 } ? "registry token (redacted)"
        : IdentityToken is { Length: > 0 } ? "identity token (redacted)"
        : Username is { Length: > 0 } || Password is { Length: > 0 } ? "user and password (redacted)"
        : RawAuth is { Length: > 0 } ? "raw auth value (redacted)"
        : AnonymousFingerprint;
}

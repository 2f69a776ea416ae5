using System.Security.Cryptography;

namespace ImageBuilder.Registry.Credentials;

/// <summary>Turns credentials into names for cache entries. The key is another one in each instance and never leaves it.</summary>
public sealed class FingerprintKey
{
    // Made when first needed: a builder, which seldom needs it, then starts without the cryptography library.
    private readonly Lazy<byte[]> _key = new(() => RandomNumberGenerator.GetBytes(32));

    /// <summary>The name of <paramref name="credential"/>; null: of none.</summary>
    public string Of(RegistryCredential? credential) => credential?.Fingerprint(_key.Value) ?? RegistryCredential.AnonymousFingerprint;
}

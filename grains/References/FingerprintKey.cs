using System.Security.Cryptography;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Grains.References;

/// <summary>Turns credentials into names for cache entries. The key is made anew by every process and never leaves it.</summary>
internal sealed class FingerprintKey
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    internal string Of(RegistryCredential credential) => credential.Fingerprint(_key);
}

using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Credentials;

/// <summary>Somewhere that the installation's own credentials come from: a docker config file, a cloud provider.</summary>
public interface ICredentialSource
{
    /// <summary>The credential for registry <paramref name="host"/> (as in an image reference's domain), or null when this source has none.</summary>
    /// <exception cref="CredentialsException">The source cannot be read; the message says what to repair.</exception>
    ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken);

    /// <summary>The registries that this source has a credential for, each once, normalised as <see cref="RegistryHost.Normalise"/> does it.</summary>
    /// <exception cref="CredentialsException">The source cannot be read; the message says what to repair.</exception>
    ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken);
}

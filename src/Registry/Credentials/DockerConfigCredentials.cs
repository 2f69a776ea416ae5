namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// The credentials of a docker config file. The file is looked at on every call, so a change counts at once, with no restart, also where
/// the file is a link into a mounted Kubernetes secret.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="onReloadFailed">
/// Told once for each change that cannot be read; the credentials read before stay in use then. Without it such a change makes every
/// <see cref="FindAsync"/> fail. The first read always fails loudly.
/// </param>
public sealed class DockerConfigCredentials(string path, Action<CredentialsException>? onReloadFailed = null) : ICredentialSource
{
    /// <inheritdoc />
    public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) =>
        throw new NotImplementedException(path + onReloadFailed);
}

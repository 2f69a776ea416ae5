namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// All credentials that a request may use, in order: each source of the installation if the request is allowed the registry, then what the request
/// brought itself.
/// </summary>
/// <param name="sources">The installation's sources; the first that has a credential wins.</param>
public sealed class Keychain(IEnumerable<ICredentialSource> sources)
{
    private readonly ICredentialSource[] _sources = [.. sources];

    /// <summary>The credential for <paramref name="host"/> that a request with <paramref name="access"/> may use, or null to go there anonymously.</summary>
    /// <exception cref="CredentialsException">A source cannot be read.</exception>
    public async ValueTask<RegistryCredential?> FindAsync(string host, RegistryAccess access, CancellationToken cancellationToken)
    {
        if (access.Allows(host))
        {
            foreach (var source in _sources)
            {
                if (await source.FindAsync(host, cancellationToken) is { } credential)
                {
                    return credential;
                }
            }
        }

        return access.FindAdditional(host);
    }

    /// <summary>
    /// The registries for which the installation has a credential that a request with <paramref name="access"/> may use, each once, normalised;
    /// what the request brought itself is not among them.
    /// </summary>
    /// <exception cref="CredentialsException">A source cannot be read.</exception>
    public async ValueTask<IReadOnlyCollection<string>> ListHostsAsync(RegistryAccess access, CancellationToken cancellationToken)
    {
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in _sources)
        {
            hosts.UnionWith((await source.ListHostsAsync(cancellationToken)).Where(access.Allows));
        }

        return hosts;
    }
}

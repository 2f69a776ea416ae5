using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Launchers.Tests.Process;

/// <summary>The installation's credentials.</summary>
internal sealed class KnownCredentials(params (string Host, RegistryCredential Credential)[] known) : ICredentialSource
{
    public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) =>
        ValueTask.FromResult<RegistryCredential?>(known.FirstOrDefault(one => one.Host == host).Credential);

    public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyCollection<string>>([.. known.Select(one => one.Host)]);
}

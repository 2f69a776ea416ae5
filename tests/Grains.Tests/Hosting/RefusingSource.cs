using ImageBuilder.Registry.Credentials;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Has no credentials, and lets the first calls of those who ask for one end as if no silo had taken them.</summary>
internal sealed class RefusingSource(int refusals) : ICredentialSource
{
    private int _refusals = refusals;

    /// <summary>How many calls are still to be refused.</summary>
    public int Refusals => Math.Max(0, Volatile.Read(ref _refusals));

    public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _refusals) >= 0 ? throw new SiloUnavailableException("the silo is gone") : ValueTask.FromResult<RegistryCredential?>(null);

    public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyCollection<string>>([]);
}

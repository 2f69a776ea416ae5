using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Credentials;

/// <summary>A map by registry in which a host is found as it is spelled, or else as any other spelling of the same registry.</summary>
internal sealed class SpelledHosts<T> where T : class
{
    private readonly Dictionary<string, T> _bySpelling = new(StringComparer.Ordinal);
    private readonly Dictionary<string, T> _byHost = new(StringComparer.Ordinal);

    /// <summary>A map of <paramref name="entries"/>. Of equal spellings the last counts, of different ones of the same registry the first.</summary>
    public SpelledHosts(IEnumerable<KeyValuePair<string, T>> entries)
    {
        foreach (var (spelling, value) in entries)
        {
            _bySpelling[spelling] = value;
        }

        foreach (var (spelling, value) in _bySpelling)
        {
            _byHost.TryAdd(RegistryHost.Normalise(spelling), value);
        }
    }

    /// <summary>The registries, normalised as <see cref="RegistryHost.Normalise"/> does it.</summary>
    public IReadOnlyCollection<string> Hosts => _byHost.Keys;

    /// <summary>What there is for <paramref name="host"/>, or null.</summary>
    public T? Find(string host) => _bySpelling.TryGetValue(host, out var value) ? value : _byHost.GetValueOrDefault(RegistryHost.Normalise(host));
}

using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>
/// Which image an index has for a platform. An index is named by its content, so what was once read of it is true for good; only room limits what is kept.
/// Kept apart by registry: a registry that names a digest it does not hold learns nothing of another's index. Safe for concurrent use.
/// </summary>
/// <param name="capacity">How many entries are kept; what was used least recently goes.</param>
internal sealed class IndexEntries(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Host, Digest Index, Platform Platform), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = [];

    /// <summary>Whether the index is known; <paramref name="image"/> is null when it has no entry for the platform.</summary>
    public bool TryFind(string host, Digest index, Platform platform, out Digest? image)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((host, index, platform), out var node))
            {
                image = null;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
            image = node.Value.Image;
            return true;
        }
    }

    /// <summary>Notes what was read of an index: its image for the platform, or null when it has none.</summary>
    public void Add(string host, Digest index, Platform platform, Digest? image)
    {
        lock (_lock)
        {
            var key = (host, index, platform);
            if (_entries.ContainsKey(key))
            {
                return;
            }

            if (_entries.Count >= capacity)
            {
                _entries.Remove(_byUse.First!.Value.Key);
                _byUse.RemoveFirst();
            }

            _entries.Add(key, _byUse.AddLast(new Entry(key, image)));
        }
    }

    private sealed record Entry((string Host, Digest Index, Platform Platform) Key, Digest? Image);
}

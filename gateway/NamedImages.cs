using System.Collections.Concurrent;
using ImageBuilder.Grains;
using ImageBuilder.Registry.Names;
using Orleans;

namespace ImageBuilder.Gateway;

/// <summary>
/// What names of images lead to, remembered for those that were asked for lately: to read a name and find its grain takes longer than all else that
/// the gateway does for a known answer. Answers are the grains' own; none is kept here.
/// </summary>
internal sealed class NamedImages(IGrainFactory grains, GatewayOptions options)
{
    /// <summary>About 1 KB each.</summary>
    private const int Limit = 4_096;

    private readonly ConcurrentDictionary<string, NamedImage> _known = new(StringComparer.Ordinal);

    /// <summary>The image named by <paramref name="text"/>.</summary>
    /// <exception cref="InvalidReferenceException">The text is no reference.</exception>
    public NamedImage Find(string text) => _known.TryGetValue(text, out var image) ? image : Read(text);

    private NamedImage Read(string text)
    {
        var reference = ImageReference.Parse(text);
        var image = new NamedImage(reference.RepositoryName, grains.GetGrain<IReferenceGrain>(ReferenceKey.Of(reference, options.Platform)));
        if (_known.Count >= Limit)
        {
            _known.Clear();
        }

        return _known[text] = image;
    }
}

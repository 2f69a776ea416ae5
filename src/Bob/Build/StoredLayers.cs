using System.Text.Json;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// The layers that buildah's storage lists. An engine that is killed while it unpacks a layer leaves it half written, with a mark; the storage removes such layers
/// when it is opened, but an engine that had it open before takes them for whole. What was made on one stays in the list, and cannot be mounted even when the layer is
/// fetched again.
/// </summary>
internal sealed class StoredLayers
{
    /// <summary>The flag of a layer that is being unpacked, or was when its engine was killed.</summary>
    public const string IncompleteFlag = "incomplete";

    private readonly Dictionary<string, Layer> _layers;

    /// <summary>Takes what the storage lists.</summary>
    public StoredLayers(IEnumerable<JsonElement> list) => _layers = list.Select(Read).ToDictionary(layer => layer.Id);

    /// <summary>Whether a layer is listed.</summary>
    public bool Has(string id) => _layers.ContainsKey(id);

    /// <summary>The layer that a layer stands on; empty when it stands on none, or is not listed.</summary>
    public string ParentOf(string id) => _layers.GetValueOrDefault(id).Parent ?? string.Empty;

    /// <summary>Whether a layer and all that it stands on are there, whole, and older than what stands on them; so is none, which is empty.</summary>
    public bool IsWhole(string id)
    {
        // The list is in the order in which the layers were made, whatever their times say: clocks are set back.
        var madeBefore = int.MaxValue;
        for (var next = id; next.Length > 0;)
        {
            if (!_layers.TryGetValue(next, out var layer) || layer.IsIncomplete || layer.Place > madeBefore)
            {
                return false;
            }

            (next, madeBefore) = (layer.Parent, layer.Place);
        }

        return true;
    }

    /// <summary>Those that none of <paramref name="used"/> is or stands on.</summary>
    public IReadOnlySet<string> Except(IEnumerable<string> used)
    {
        var rest = _layers.Keys.ToHashSet();
        foreach (var id in used)
        {
            for (var next = id; rest.Remove(next); next = _layers[next].Parent)
            {
                // What it stands on is used too.
            }
        }

        return rest;
    }

    private static Layer Read(JsonElement layer, int place) => new(
        layer.GetProperty("id").GetString()!,
        place,
        layer.TryGetProperty("parent", out var parent) ? parent.GetString()! : string.Empty,
        layer.TryGetProperty("flags", out var flags) && flags.TryGetProperty(IncompleteFlag, out var incomplete) && incomplete.ValueKind == JsonValueKind.True);

    private readonly record struct Layer(string Id, int Place, string Parent, bool IsIncomplete);
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageBuilder.Silo.Storage;

/// <summary>States as JSON, the same wherever they are stored.</summary>
internal static class GrainStateJson
{
    public static JsonSerializerOptions Options { get; } = new() { Converters = { new JsonStringEnumConverter() } };
}

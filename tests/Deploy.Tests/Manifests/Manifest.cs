using System.Text.Json.Nodes;

namespace ImageBuilder.Deploy.Tests.Manifests;

/// <summary>A document of an overlay.</summary>
internal sealed class Manifest(JsonObject content)
{
    public JsonObject Content => content;

    public string Kind => (string)content["kind"]!;

    public string Name => (string)content["metadata"]!["name"]!;

    /// <summary>The template of its pods; null for what has none.</summary>
    public JsonObject? Pod => content["spec"]?["template"] as JsonObject;

    /// <summary>The containers of its pods, those that run first among them.</summary>
    public IEnumerable<JsonObject> Containers =>
        Objects(Pod?["spec"]?["initContainers"]).Concat(Objects(Pod?["spec"]?["containers"]));

    /// <summary>The volumes of its pods, those of a projected one each by itself.</summary>
    public IEnumerable<JsonObject> Sources =>
        Objects(Pod?["spec"]?["volumes"]).SelectMany(volume => volume["projected"] is { } projected ? Objects(projected["sources"]) : [volume]);

    /// <summary>Every object below <paramref name="list"/>; none below what is not there.</summary>
    public static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>Whether pods of <paramref name="labels"/> are among those that <paramref name="selector"/> means.</summary>
    public static bool Selects(JsonNode? selector, JsonNode? labels) =>
        selector is JsonObject wanted && wanted.All(label => (string?)labels?[label.Key] == (string?)label.Value);
}

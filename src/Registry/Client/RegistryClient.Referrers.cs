using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
    private const string SubjectHeader = "OCI-Subject";
    private const int FallbackTries = 3;

    /// <summary>
    /// What refers to the manifest with the digest of <paramref name="image"/>, which must have one (OCI distribution specification, Listing Referrers). A
    /// registry without that list is asked for the index under tag <c>sha256-…</c>, which clients keep there in its place.
    /// </summary>
    /// <param name="image">The subject.</param>
    /// <param name="artifactType">The one kind that is wanted; null: all.</param>
    /// <param name="credential">What opens the registry.</param>
    /// <param name="call">How patient to be, for each page.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async IAsyncEnumerable<Referrer> ListReferrersAsync(
        ImageReference image, string? artifactType, RegistryCredential? credential, RegistryCall? call = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var subject = image.Digest ?? throw new ArgumentException("a subject is named by its digest", nameof(image));
        var address = $"/v2/{image.Path}/referrers/{subject}{(artifactType is null ? string.Empty : "?artifactType=" + Uri.EscapeDataString(artifactType))}";
        await foreach (var page in ReadPagesAsync(image, address, $"list what refers to {image}", [MediaTypes.OciIndex], credential, call ?? RegistryCall.Default, ReadReferrers, cancellationToken))
        {
            foreach (var referrer in page ?? await ReadFallbackAsync(image, subject, credential, call ?? RegistryCall.Default, cancellationToken))
            {
                // Registries may leave the choosing to the client.
                if (artifactType is null || referrer.ArtifactType == artifactType)
                {
                    yield return referrer;
                }
            }
        }
    }

    // OCI distribution specification, Referrers Tag Schema.
    private static ImageReference FallbackTag(ImageReference image, Digest subject) => image.WithTag($"{subject.Algorithm}-{subject.Hex[..64]}");

    private static List<Referrer> ReadReferrers(JsonElement root) =>
        [.. root.GetProperty("manifests").EnumerateArray().Select(entry => new Referrer(
            entry.GetProperty("mediaType").GetString() ?? string.Empty,
            Digest.Parse(entry.GetProperty("digest").GetString() ?? string.Empty),
            entry.GetProperty("size").GetInt64(),
            entry.TryGetProperty("artifactType", out var type) ? type.GetString() : null,
            entry.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Object
                ? annotations.EnumerateObject().ToImmutableDictionary(annotation => annotation.Name, annotation => annotation.Value.GetString() ?? string.Empty)
                : ImmutableDictionary<string, string>.Empty))];

    /// <summary>The digest that a manifest names as its subject, or null.</summary>
    private static Digest? ReadSubject(JsonObject manifest) =>
        manifest["subject"] is JsonObject subject && subject["digest"] is JsonValue value && value.TryGetValue<string>(out var text) && Digest.TryParse(text, out var digest) ? digest : null;

    private async Task<List<Referrer>> ReadFallbackAsync(ImageReference image, Digest subject, RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        var tag = FallbackTag(image, subject);
        if (await ReadManifestAsync(tag, credential, call, cancellationToken) is not { } index)
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(index.Content);
            return ReadReferrers(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new RegistryException(RegistryError.InvalidResponse, image.Domain, $"cannot list what refers to {image}: {tag} is no index", e);
        }
    }

    /// <summary>Adds a manifest that was stored to the index of its subject, where the registry keeps no list of its own.</summary>
    private async Task AddToFallbackAsync(
        ImageReference image, Digest digest, string mediaType, int size, JsonObject manifest, Digest subject, RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        var tag = FallbackTag(image, subject);

        // What is changed must be what the registry has now.
        call = call with { UseMirrors = false };
        for (var tries = 0; tries <= FallbackTries; tries++)
        {
            var index = await ReadManifestAsync(tag, credential, call, cancellationToken) is { } present ? ParseObject(present.Content) : new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = MediaTypes.OciIndex,
                ["manifests"] = new JsonArray(),
            };
            if (index?["manifests"] is not JsonArray entries)
            {
                throw new RegistryException(RegistryError.InvalidResponse, image.Domain, $"cannot store {image} as what refers to {subject}: {tag} is no index; delete that tag");
            }

            if (entries.Any(entry => entry?["digest"] is JsonValue value && value.TryGetValue<string>(out var text) && text == $"{digest}"))
            {
                return;
            }

            if (tries == FallbackTries)
            {
                break;
            }

            var artifactType = manifest["artifactType"] ?? manifest["config"]?["mediaType"];
            var added = new JsonObject { ["mediaType"] = mediaType, ["digest"] = $"{digest}", ["size"] = size };
            if (artifactType is not null)
            {
                added["artifactType"] = artifactType.DeepClone();
            }

            if (manifest["annotations"] is JsonObject annotations)
            {
                added["annotations"] = annotations.DeepClone();
            }

            entries.Add((JsonNode)added);
            await StoreManifestAsync(tag, MediaTypes.OciIndex, Encoding.UTF8.GetBytes(index.ToJsonString()), credential, call, cancellationToken);

            // Read again: somebody may have stored another index between, and registries know no conditions.
        }

        throw new RegistryException(RegistryError.Rejected, image.Domain, $"cannot store {image} as what refers to {subject}: others keep changing {tag}; try again");
    }

    private static JsonObject? ParseObject(ReadOnlyMemory<byte> content)
    {
        try
        {
            return JsonNode.Parse(content.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

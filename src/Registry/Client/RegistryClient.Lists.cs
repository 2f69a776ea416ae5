using System.Runtime.CompilerServices;
using System.Text.Json;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
    private const int TagsPerPage = 1000;
    private const int MaximumPages = 10_000;
    private const int MaximumTags = 1_000_000;

    // A registry that does not page sends all of its tags at once.
    private const int MaximumPage = 16 << 20;

    /// <summary>The tags of a repository, in the registry's order, read page by page as they are taken; at most 1,000,000.</summary>
    /// <exception cref="RegistryException">Also when there is no such repository (<see cref="RegistryError.NotFound"/>).</exception>
    public async IAsyncEnumerable<string> ListTagsAsync(
        ImageReference repository, RegistryCredential? credential, RegistryCall? call = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var what = $"list the tags of {repository.RepositoryName}";
        var count = 0;
        await foreach (var page in ReadPagesAsync(repository, $"/v2/{repository.Path}/tags/list?n={TagsPerPage}", what, [], credential, call ?? RegistryCall.Default, ReadTags, cancellationToken))
        {
            foreach (var tag in page ?? throw new RegistryException(RegistryError.NotFound, repository.Domain, $"cannot {what}: registry {repository.Domain} has no such repository"))
            {
                yield return ++count <= MaximumTags
                    ? tag
                    : throw new RegistryException(RegistryError.TooLarge, repository.Domain, $"cannot {what}: there are more than {MaximumTags}");
            }
        }
    }

    private static List<string> ReadTags(JsonElement root) =>
        root.TryGetProperty("tags", out var tags) && tags.ValueKind != JsonValueKind.Null ? [.. tags.EnumerateArray().Select(tag => tag.GetString() ?? throw new FormatException("a tag is null"))] : [];

    /// <summary>What <paramref name="read"/> finds on each page of a list, from the first on; a single null when there is no list.</summary>
    private async IAsyncEnumerable<List<T>?> ReadPagesAsync<T>(
        ImageReference repository,
        string address,
        string what,
        IReadOnlyList<string> accept,
        RegistryCredential? credential,
        RegistryCall call,
        Func<JsonElement, List<T>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var host = repository.Domain;
        var next = address;
        for (var pages = 0; next is not null; pages++)
        {
            if (pages == MaximumPages)
            {
                throw new RegistryException(RegistryError.TooLarge, host, $"cannot {what}: registry {host} has no end of pages");
            }

            var request = new RegistryRequest(HttpMethod.Get, next, what, [RegistryScope.Pull(repository.Path)]) { Accept = accept };
            var (items, following) = await _transport.SendAsync(
                host,
                credential,
                request,
                call,
                async (response, token) =>
                    await SucceededAsync(host, what, response, token)
                        ? (Parse(await Wire.ReadAsync(host, what, response, MaximumPage, token)), LinkHeader.Next(request.Address, response))
                        : ((List<T>?)null, (string?)null),
                cancellationToken);
            if (following == next)
            {
                throw new RegistryException(RegistryError.InvalidResponse, host, $"cannot {what}: registry {host} names a page as the one after itself");
            }

            next = following;
            yield return items;
        }

        List<T> Parse(byte[] body)
        {
            try
            {
                using var document = JsonDocument.Parse(body);
                return read(document.RootElement);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new RegistryException(RegistryError.InvalidResponse, host, $"cannot {what}: registry {host} does not answer with such a list", e);
            }
        }
    }
}

using System.Net.Http.Headers;
using System.Text.Json;

namespace ImageBuilder.Bob.Init;

/// <summary>An LFS server, and what opens it.</summary>
/// <param name="Address">Where its interface begins.</param>
internal sealed record LfsServer(string Address)
{
    private const int MaximumHeaders = 20;

    private (string Name, string Value)[] _headers = [];

    /// <summary>The login of the repository's own server; null for none.</summary>
    public GitLogin? Login { get; init; }

    /// <summary>Reads what git-lfs-authenticate says (git-lfs, docs/api/server-discovery.md).</summary>
    /// <param name="answer">A JSON object.</param>
    /// <param name="standard">Where the server is when the answer does not say.</param>
    /// <exception cref="JsonException">It is none, or not of the form that it must have.</exception>
    public static LfsServer Read(ReadOnlyMemory<byte> answer, string standard)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var (href, headers) = (document.RootElement.TryGetProperty("href", out var place) ? place.GetString() : null, Headers(document.RootElement));
            return new LfsServer(href is { Length: > 0 } ? new Uri(href, UriKind.Absolute).AbsoluteUri.TrimEnd('/') : standard) { _headers = headers };
        }
        catch (Exception error) when (error is InvalidOperationException or UriFormatException)
        {
            throw new JsonException(null, error);
        }
    }

    /// <summary>The headers that an answer gives for the requests that follow it.</summary>
    /// <exception cref="InvalidOperationException">They are not of the form that they must have.</exception>
    public static (string Name, string Value)[] Headers(JsonElement answer) =>
        answer.TryGetProperty("header", out var given) && given.ValueKind == JsonValueKind.Object
            ? [.. given.EnumerateObject().Take(MaximumHeaders).Select(header => (header.Name, header.Value.GetString() ?? string.Empty))]
            : [];

    /// <summary>Opens a request to <paramref name="target"/>, unless it has its own way: one to another server gets nothing.</summary>
    public void Open(Uri target, HttpRequestHeaders request)
    {
        if (Uri.Compare(target, new Uri(Address), UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0)
        {
            foreach (var (name, value) in _headers.Where(header => !request.NonValidated.Contains(header.Name)))
            {
                request.TryAddWithoutValidation(name, value);
            }
        }

        request.Authorization ??= Login?.AuthorizationFor(target);
    }
}

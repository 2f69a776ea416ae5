namespace ImageBuilder.Registry.Transport;

/// <summary>A registry that holds copies of another's images.</summary>
/// <param name="Host">Its host, with its port if it has one.</param>
/// <param name="Prefix">What stands before the other's repositories there, ending in "/"; empty for nothing.</param>
internal sealed record Mirror(string Host, string Prefix)
{
    private const string Api = "/v2/";

    /// <summary>Reads <c>host[:port][/path]</c>.</summary>
    public static Mirror Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new Mirror(text, string.Empty) : new Mirror(text[..slash], text[(slash + 1)..].Trim('/') is { Length: > 0 } path ? path + "/" : string.Empty);
    }

    /// <summary>Whether <paramref name="request"/> reads what a mirror may hold. Whether a blob exists is asked before a push, and so of the registry alone.</summary>
    public static bool MayServe(RegistryRequest request) =>
        request.Address.StartsWith(Api, StringComparison.Ordinal)
        && ((request.Method == HttpMethod.Get && !request.Address.Contains("/uploads/", StringComparison.Ordinal) && request.Address.Contains("/blobs/", StringComparison.Ordinal))
            || ((request.Method == HttpMethod.Get || request.Method == HttpMethod.Head) && request.Address.Contains("/manifests/", StringComparison.Ordinal)));

    /// <summary>The same request at this mirror. Like other clients it names the registry, for mirrors of several.</summary>
    public RegistryRequest Translate(string registry, RegistryRequest request) => request with
    {
        Address = $"{Api}{Prefix}{request.Address[Api.Length..]}?ns={Uri.EscapeDataString(registry)}",
        Scopes = [.. request.Scopes.Select(scope => scope with { Repository = Prefix + scope.Repository })],
    };
}

using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
    /// <summary>
    /// What a mirror of a registry answers to a request that reads a manifest or blob, for callers that pass answers on as they come: its body is not checked
    /// against a digest. Null when no mirror has it; then the registry itself is to be asked.
    /// </summary>
    /// <param name="host">The registry, as in an image reference's domain.</param>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="path">The path on the registry, from <c>/v2/</c>, without a query.</param>
    /// <param name="accept">The media types that are understood, as the header has them.</param>
    /// <param name="scopes">The rights that the request needs.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<HttpResponseMessage?> AskMirrorsAsync(
        string host, HttpMethod method, string path, IReadOnlyList<string> accept, IReadOnlyList<RegistryScope> scopes, CancellationToken cancellationToken = default) =>
        _transport.AskMirrorsAsync(host, new RegistryRequest(method, path, $"read {path} of {host}", scopes) { Accept = accept }, RegistryCall.Default, cancellationToken);
}

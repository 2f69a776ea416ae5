using System.Net.Http.Headers;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// What opens one registry with one credential: finds out how the registry wants to be asked (Basic, Bearer, not at all) and keeps its
/// tokens. Cheap to make, by <see cref="Client.RegistryClient.AuthenticatorFor"/>; what it learns is shared by the process. Safe for concurrent use.
/// </summary>
public sealed class RegistryAuthenticator
{
    internal RegistryAuthenticator(string host) => Host = host;

    /// <summary>The registry, as in an image reference's domain.</summary>
    public string Host { get; }

    /// <summary>
    /// Where the registry's API is: <c>https://host/</c>, or <c>http://host/</c> for a registry that may be spoken to in plain HTTP;
    /// <c>docker.io</c> is at <c>registry-1.docker.io</c>.
    /// </summary>
    /// <exception cref="RegistryException">The registry cannot be reached.</exception>
    public ValueTask<Uri> GetBaseAddressAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException(cancellationToken + Host);

    /// <summary>
    /// The Authorization header for a request that needs <paramref name="scopes"/>; null when the registry asks for none. Tokens are
    /// cached by scope until they expire; concurrent callers share one request for a token.
    /// </summary>
    /// <param name="scopes">What the request is about to do.</param>
    /// <param name="fresh">The last answer was refused (401): do not use a cached token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RegistryException">No token is to be had.</exception>
    public ValueTask<AuthenticationHeaderValue?> GetAuthorizationAsync(
        IReadOnlyList<RegistryScope> scopes, bool fresh, CancellationToken cancellationToken = default) => throw new NotImplementedException(cancellationToken + Host);

    /// <summary>Learns from an answer 401 how the registry wants to be asked, where that differs from what it said before.</summary>
    public void Observe(HttpResponseMessage response) => throw new NotImplementedException(response + Host);
}

using System.Net;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>
/// The registry's verbs (OCI distribution specification). One instance serves the process; it keeps connections and, by host, credential and
/// scope, tokens. Every call takes the credential it is made with (null: anonymously). Everything read is checked against its digest.
/// All verbs throw <see cref="RegistryException"/>. Safe for concurrent use.
/// </summary>
public sealed partial class RegistryClient : IDisposable
{
    /// <summary>About 25 MB when full.</summary>
    private const int KnownIndexEntries = 50_000;

    private readonly RegistryTransport _transport;
    private readonly IndexEntries _indexEntries = new(KnownIndexEntries);

    /// <summary>A client.</summary>
    /// <param name="options">How registries are spoken to; null: the defaults.</param>
    /// <param name="handler">What sends requests; null: an own one, which follows no redirect and keeps no cookie. A given one must do the same and is not disposed.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public RegistryClient(RegistryTransportOptions? options = null, HttpMessageHandler? handler = null, TimeProvider? time = null)
        : this(options, handler, time, Dns.GetHostAddressesAsync)
    {
    }

    internal RegistryClient(
        RegistryTransportOptions? options, HttpMessageHandler? handler, TimeProvider? time, Func<string, CancellationToken, Task<IPAddress[]>> resolve) =>
        _transport = new RegistryTransport(options ?? new RegistryTransportOptions(), handler, time ?? TimeProvider.System, resolve);

    /// <summary>What opens <paramref name="host"/> with <paramref name="credential"/>, for callers that send requests themselves.</summary>
    public RegistryAuthenticator AuthenticatorFor(string host, RegistryCredential? credential) => _transport.AuthenticatorFor(host, credential);

    /// <summary>
    /// Sends a request to another host that an answer of registry <paramref name="host"/> redirects to, for callers that send requests themselves. The address
    /// is not trusted: it is https, or plain http where the registry is; inside this network only where the registry is too; and never link-local. That is
    /// checked again as the connection is made.
    /// </summary>
    /// <param name="host">The registry, as in an image reference's domain.</param>
    /// <param name="request">The request, to an absolute address, without the registry's credentials.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer with its headers read, whatever its status.</returns>
    /// <exception cref="RegistryException">The address is not used, or cannot be reached.</exception>
    public Task<HttpResponseMessage> SendToStoreAsync(string host, HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        _transport.SendToStoreAsync(host, request, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _transport.Dispose();

    private static async Task<bool> SucceededAsync(string host, string what, HttpResponseMessage response, CancellationToken cancellationToken) =>
        response.IsSuccessStatusCode ? true
        : response.StatusCode == HttpStatusCode.NotFound ? false
        : throw await FailureAnswer.ReadAsync(host, what, response, cancellationToken);
}

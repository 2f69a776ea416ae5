using System.Net;
using System.Net.Http.Headers;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>Sends requests to registries: finds the registry, signs in, follows redirects, tries again. What an answer means is the client's business.</summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MaximumRedirects = 5;

    private readonly HttpMessageInvoker _invoker;
    private readonly Wire _wire;
    private readonly RetryLoop _retries;
    private readonly RegistryEndpoints _endpoints;
    private readonly TokenEndpoint _tokens;
    private readonly ForeignAddressRule _addresses;

    public RegistryTransport(
        RegistryTransportOptions options, HttpMessageHandler? handler, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        Options = options;
        Time = time;
        _invoker = new HttpMessageInvoker(handler ?? CreateHandler(), disposeHandler: handler is null);
        _wire = new Wire(_invoker, options, time);
        _retries = new RetryLoop(options, time);
        var plainHttp = new PlainHttpRule(options.PlainHttpHosts);
        _addresses = new ForeignAddressRule(plainHttp, resolve);
        _endpoints = new RegistryEndpoints(_wire, _retries, plainHttp, time);
        _tokens = new TokenEndpoint(_wire, _retries, _addresses, options, time);
    }

    public RegistryTransportOptions Options { get; }

    public TimeProvider Time { get; }

    public RegistryAuthenticator AuthenticatorFor(string host, RegistryCredential? credential) => new(host, credential, _endpoints, _tokens);

    /// <summary>Sends a request, again if need be, and hands its answer to <paramref name="read"/>, which is inside the deadline. The answer is disposed after it.</summary>
    public Task<T> SendAsync<T>(
        string host, RegistryCredential? credential, RegistryRequest request, RegistryCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync(
            host,
            request.What,
            call,
            async deadline =>
            {
                using var response = await SendOnceAsync(host, credential, request, deadline);
                return await read(response, deadline.Token);
            },
            cancellationToken);

    /// <summary>Runs something that sends requests by <see cref="SendOnceAsync"/>, again if need be.</summary>
    public Task<T> RunAsync<T>(string host, string what, RegistryCall call, Func<CallDeadline, Task<T>> attempt, CancellationToken cancellationToken) =>
        _retries.RunAsync(host, what, call, attempt, cancellationToken);

    /// <summary>Sends a request, signs in (once more after a 401), follows redirects, and returns the answer with its headers read.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(string host, RegistryCredential? credential, RegistryRequest request, CallDeadline deadline)
    {
        var endpoint = await _endpoints.GetAsync(host, deadline.Token);
        if (!Uri.TryCreate(endpoint.BaseAddress, request.Address, out var address))
        {
            throw new RegistryException(RegistryError.InvalidResponse, host, $"cannot {request.What}: registry {host} names an address that is none");
        }

        if (!endpoint.Owns(address))
        {
            await _addresses.CheckAsync(host, endpoint.BaseAddress, address, "upload address", deadline.Token);
            return await SendToAsync(host, request, address, null, deadline);
        }

        var authenticator = AuthenticatorFor(host, credential);
        var authorization = await authenticator.GetAuthorizationAsync(endpoint, request.Scopes, null, deadline.Token);
        var response = await SendToAsync(host, request, address, authorization, deadline);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            await authenticator.ObserveAsync(response, deadline.Token);
            var again = await authenticator.GetAuthorizationAsync(endpoint, request.Scopes, authorization, deadline.Token);
            if (again is not null && !again.Equals(authorization))
            {
                response.Dispose();
                response = await SendToAsync(host, request, address, again, deadline);
                authorization = again;
            }
        }

        return await FollowAsync(endpoint, request, address, authorization, response, deadline);
    }

    public void Dispose() => _invoker.Dispose();

    private static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Registries move behind their names.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private async Task<HttpResponseMessage> FollowAsync(
        RegistryEndpoint endpoint, RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization, HttpResponseMessage response, CallDeadline deadline)
    {
        var from = address;
        for (var redirects = 0; IsRedirect(response) && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head); redirects++)
        {
            using var redirect = response;
            if (redirects == MaximumRedirects || redirect.Headers.Location is not { } location)
            {
                throw new RegistryException(RegistryError.InvalidResponse, endpoint.Host, $"cannot {request.What}: registry {endpoint.Host} redirects to nowhere, or too often");
            }

            from = new Uri(from, location);
            if (!endpoint.Owns(from))
            {
                await _addresses.CheckAsync(endpoint.Host, endpoint.BaseAddress, from, "blob store", deadline.Token);
            }

            // Another host has its rights in the address; our header is the registry's alone.
            response = await SendToAsync(endpoint.Host, request, from, endpoint.Owns(from) ? authorization : null, deadline);
        }

        return response;
    }

    private async Task<HttpResponseMessage> SendToAsync(
        string host, RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization, CallDeadline deadline)
    {
        using var message = new HttpRequestMessage(request.Method, address);
        message.Headers.Authorization = authorization;
        foreach (var mediaType in request.Accept)
        {
            message.Headers.Accept.ParseAdd(mediaType);
        }

        if (request.Content is not null)
        {
            message.Content = await request.Content(deadline);
        }

        return await _wire.SendAsync(host, request.What, message, deadline.Token);
    }

    private static bool IsRedirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
}

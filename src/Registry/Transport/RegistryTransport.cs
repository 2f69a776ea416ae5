using System.Net;
using System.Net.Http.Headers;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// Sends requests to registries: finds the registry, asks its mirrors first, signs in, follows redirects, tries again. What an answer means is the client's
/// business.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MaximumRedirects = 5;
    private const string BlobStore = "blob store";

    private readonly RegistryConnections _connections;
    private readonly Wire _wire;
    private readonly RetryLoop _retries;
    private readonly RegistryEndpoints _endpoints;
    private readonly TokenEndpoint _tokens;
    private readonly ForeignAddressRule _addresses;
    private readonly RegistryMirrors _mirrors;

    public RegistryTransport(
        RegistryTransportOptions options, HttpMessageHandler? handler, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumConcurrentRequests, 1);
        Options = options;
        Time = time;
        _connections = handler is null ? new RegistryConnections(options, resolve) : new RegistryConnections(handler);
        _wire = new Wire(_connections, options, time);
        _retries = new RetryLoop(options, time);
        var plainHttp = new PlainHttpRule(options.PlainHttpHosts);
        _addresses = new ForeignAddressRule(plainHttp, resolve);
        _endpoints = new RegistryEndpoints(_wire, _retries, plainHttp, time);
        _tokens = new TokenEndpoint(_wire, _retries, _addresses, options, time);
        _mirrors = new RegistryMirrors(options.Mirrors, time);
    }

    public RegistryTransportOptions Options { get; }

    public TimeProvider Time { get; }

    public RegistryAuthenticator AuthenticatorFor(string host, RegistryCredential? credential) => new(host, credential, _endpoints, _tokens, _wire, _retries);

    /// <summary>Sends a request, again if need be, and hands its answer to <paramref name="read"/>, which is inside the deadline. The answer is disposed after it.</summary>
    public Task<T> SendAsync<T>(
        string host, RegistryCredential? credential, RegistryRequest request, RegistryCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync(
            host,
            request.What,
            call,
            deadline => SendAsync(
                host,
                credential,
                request,
                deadline,
                async (response, running) =>
                {
                    using (response)
                    {
                        return await read(response, running.Token);
                    }
                }),
            cancellationToken);

    /// <summary>Runs something that sends requests by <see cref="SendOnceAsync"/>, again if need be.</summary>
    public Task<T> RunAsync<T>(string host, string what, RegistryCall call, Func<CallDeadline, Task<T>> attempt, CancellationToken cancellationToken) =>
        _retries.RunAsync(host, what, call, attempt, cancellationToken);

    /// <summary>Sends a request, signs in (once more after a 401), follows redirects, and returns the answer with its headers read.</summary>
    public Task<HttpResponseMessage> SendOnceAsync(string host, RegistryCredential? credential, RegistryRequest request, CallDeadline deadline) =>
        SendAsync(host, credential, request, deadline, (response, _) => Task.FromResult(response));

    /// <summary>The successful answer of a mirror, with its headers read; null when none has one.</summary>
    public Task<HttpResponseMessage?> AskMirrorsAsync(string host, RegistryRequest request, RegistryCall call, CancellationToken cancellationToken) =>
        RunAsync(
            host,
            request.What,
            call,
            async deadline => (await AskMirrorsAsync(host, request, deadline, (response, _) => Task.FromResult<HttpResponseMessage?>(response), [])).Value,
            cancellationToken);

    /// <summary>Sends a request of the caller's to where the registry's answer leads; its answer with its headers read, whatever it says.</summary>
    public async Task<HttpResponseMessage> SendToStoreAsync(string host, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var endpoint = await _endpoints.GetAsync(host, cancellationToken);
        var reach = await _addresses.CheckAsync(host, endpoint.BaseAddress, request.RequestUri!, BlobStore, cancellationToken);
        try
        {
            return await _connections.For(reach).SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var failure = Wire.Failure(host, $"follow a redirect of registry {host}", e);
            throw failure is TransientFailureException transient ? transient.Failure : failure;
        }
    }

    public void Dispose() => _connections.Dispose();

    /// <summary>Gives <paramref name="use"/> the answer of the first mirror that has one and whose answer it can use, and else that of the registry.</summary>
    private async Task<T> SendAsync<T>(
        string host, RegistryCredential? credential, RegistryRequest request, CallDeadline deadline, Func<HttpResponseMessage, CallDeadline, Task<T>> use)
    {
        var missed = new List<string>();
        var (isServed, value) = await AskMirrorsAsync(host, request, deadline, use, missed);
        if (isServed)
        {
            return value!;
        }

        HttpResponseMessage response;
        try
        {
            response = await SendToRegistryAsync(host, credential, request, deadline);
        }
        catch (RegistryException e) when (missed.Count > 0)
        {
            throw WithMirrors(e, missed);
        }
        catch (TransientFailureException e) when (missed.Count > 0)
        {
            throw new TransientFailureException(WithMirrors(e.Failure, missed), e.RetryAfter);
        }

        return await use(response, deadline);
    }

    private async Task<(bool IsServed, T? Value)> AskMirrorsAsync<T>(
        string host, RegistryRequest request, CallDeadline deadline, Func<HttpResponseMessage, CallDeadline, Task<T>> use, List<string> missed)
    {
        foreach (var mirror in _mirrors.For(host, request, deadline.Call))
        {
            using var part = deadline.Part(Options.TryTimeout);
            try
            {
                return (true, await use(await SendToMirrorAsync(mirror, host, request, part), part));
            }
            catch (Exception e) when (e is RegistryException or TransientFailureException or CredentialsException or OperationCanceledException && !deadline.Token.IsCancellationRequested)
            {
                missed.Add(_mirrors.Missed(mirror, e));
            }
        }

        return (false, default);
    }

    private async Task<HttpResponseMessage> SendToMirrorAsync(Mirror mirror, string host, RegistryRequest request, CallDeadline deadline)
    {
        var credential = Options.MirrorCredentials is { } find ? await find(mirror.Host, deadline.Token) : null;
        var response = await SendToRegistryAsync(mirror.Host, credential, mirror.Translate(host, request), deadline);
        if (response.IsSuccessStatusCode)
        {
            _mirrors.Mark(response, mirror);
            return response;
        }

        using (response)
        {
            throw await FailureAnswer.ReadAsync(mirror.Host, request.What, response, deadline.Token);
        }
    }

    private static RegistryException WithMirrors(RegistryException failure, List<string> missed) =>
        new(failure.Error, failure.Host, $"{failure.Message}; of its mirrors: {string.Join("; ", missed)}", failure.InnerException) { RetryAfter = failure.RetryAfter };

    private async Task<HttpResponseMessage> SendToRegistryAsync(string host, RegistryCredential? credential, RegistryRequest request, CallDeadline deadline)
    {
        var endpoint = await _endpoints.GetAsync(host, deadline.Token);
        if (!Uri.TryCreate(endpoint.BaseAddress, request.Address, out var address))
        {
            throw new RegistryException(RegistryError.InvalidResponse, host, $"cannot {request.What}: registry {host} names an address that is none");
        }

        if (!endpoint.Owns(address))
        {
            return await SendToStoreAsync(endpoint, request, address, "upload address", deadline);
        }

        var authenticator = AuthenticatorFor(host, credential);
        var call = new WireCall(host, request.What, RegistryRequestKind.Registry, credential) { CarriesBlob = request.Content is not null };
        var authorization = await authenticator.GetAuthorizationAsync(endpoint, request.Scopes, null, deadline.Token);
        var response = await SendToAsync(call, request, address, authorization, deadline);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            await authenticator.ObserveAsync(response, deadline.Token);
            var again = await authenticator.GetAuthorizationAsync(endpoint, request.Scopes, authorization, deadline.Token);
            if (again is not null && !again.Equals(authorization))
            {
                response.Dispose();
                response = await SendToAsync(call, request, address, again, deadline);
                authorization = again;
            }
        }

        return await FollowAsync(endpoint, call, request, address, authorization, response, deadline);
    }

    private async Task<HttpResponseMessage> FollowAsync(
        RegistryEndpoint endpoint, WireCall call, RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization, HttpResponseMessage response, CallDeadline deadline)
    {
        var from = address;
        for (var redirects = 0; IsRedirect(response) && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head); redirects++)
        {
            using var redirect = response;
            if (redirects == MaximumRedirects || redirect.Headers.Location is not { } location || !Uri.TryCreate(from, location, out var next))
            {
                throw new RegistryException(RegistryError.InvalidResponse, endpoint.Host, $"cannot {request.What}: registry {endpoint.Host} redirects to nowhere, or too often");
            }

            from = next;
            // Another host has its rights in the address; our header is the registry's alone.
            response = endpoint.Owns(from)
                ? await SendToAsync(call, request, from, authorization, deadline)
                : await SendToStoreAsync(endpoint, request, from, BlobStore, deadline);
        }

        return response;
    }

    private async Task<HttpResponseMessage> SendToStoreAsync(RegistryEndpoint endpoint, RegistryRequest request, Uri address, string kind, CallDeadline deadline)
    {
        var reach = await _addresses.CheckAsync(endpoint.Host, endpoint.BaseAddress, address, kind, deadline.Token);
        var call = new WireCall(endpoint.Host, request.What, RegistryRequestKind.BlobStore, null) { Reach = reach, CarriesBlob = request.Content is not null };
        return await SendToAsync(call, request, address, null, deadline);
    }

    private async Task<HttpResponseMessage> SendToAsync(
        WireCall call, RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization, CallDeadline deadline)
    {
        using var message = new HttpRequestMessage(request.Method, address);
        message.Headers.Authorization = authorization;
        message.Headers.Range = request.Range;
        foreach (var mediaType in request.Accept)
        {
            message.Headers.Accept.TryParseAdd(mediaType);
        }

        if (request.Content is not null)
        {
            message.Content = await request.Content(deadline);
        }

        return await _wire.SendAsync(call, message, deadline);
    }

    private static bool IsRedirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
}

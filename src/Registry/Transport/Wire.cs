using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// Sends single requests, each when its registry's turn and budget allow, tells the observer, and says what failures mean; nothing is tried again here.
/// </summary>
internal sealed class Wire(RegistryConnections connections, RegistryTransportOptions options, TimeProvider time)
{
    private readonly RequestGate _gate = new(options.MaximumConcurrentRequests);
    private readonly RegistryBudgets _budgets = new(options, time);

    /// <summary>Sends <paramref name="request"/> and returns the answer as soon as its headers are there. Statuses 429, 408 and 5xx become exceptions.</summary>
    /// <exception cref="TransientFailureException">Server error, broken connection, or no answer in the time of one try.</exception>
    /// <exception cref="RegistryException">Rate limit, or a connection that will not work on the next try either.</exception>
    public async Task<HttpResponseMessage> SendAsync(WireCall call, HttpRequestMessage request, CallDeadline deadline)
    {
        request.Headers.UserAgent.TryParseAdd(options.UserAgent);
        if (call.CarriesBlob)
        {
            return await SendAdmittedAsync(call, request, deadline);
        }

        await _gate.EnterAsync(call.Registry, deadline.Token);
        try
        {
            return await SendAdmittedAsync(call, request, deadline);
        }
        finally
        {
            _gate.Leave(call.Registry);
        }
    }

    /// <summary>Returns when the budget allows a request to <paramref name="address"/> that somebody else sends.</summary>
    /// <exception cref="RegistryException">The registry may not be asked yet.</exception>
    public async Task WaitForTurnAsync(WireCall call, Uri address, CallDeadline deadline) =>
        _ = await _budgets.EnterAsync(new BudgetKey(call.Registry, address.Authority, call.Credential), canProbe: false, call.Host, call.What, deadline.Token);

    /// <summary>Such a request was answered with 429.</summary>
    public void Refused(WireCall call, Uri address, HttpResponseMessage response) =>
        NoteRefusal(call, new BudgetKey(call.Registry, address.Authority, call.Credential), RetryAfter(response));

    /// <summary>The body of an answer that must be small.</summary>
    /// <exception cref="TransientFailureException">The connection broke.</exception>
    /// <exception cref="RegistryException">The body is larger than <paramref name="limit"/> bytes.</exception>
    public static async Task<byte[]> ReadAsync(string host, string what, HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await BoundedBody.ReadAsync(response.Content, limit, cancellationToken)
                ?? throw new RegistryException(RegistryError.TooLarge, host, $"cannot {what}: registry {host} answers with more than {limit} bytes");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Failure(host, what, e);
        }
    }

    /// <summary>What a broken connection means.</summary>
    public static Exception Failure(string host, string what, Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
            {
                return new RegistryException(RegistryError.Unavailable, host, $"cannot {what}: no TLS connection to registry {host}: {cause.Message}", exception);
            }

            if (cause is ForeignAddressException refused)
            {
                return new RegistryException(RegistryError.InvalidResponse, host, $"cannot {what}: registry {host} sends to a host that is not used: {refused.Message}", exception);
            }

            if (cause is SocketException { SocketErrorCode: SocketError.HostNotFound })
            {
                return new RegistryException(RegistryError.Unavailable, host, $"cannot {what}: registry {host}: there is no host of that name", exception);
            }
        }

        return new TransientFailureException(
            new RegistryException(RegistryError.Unavailable, host, $"cannot {what}: registry {host} cannot be reached: {Reason(exception)}", exception));
    }

    // HttpRequestException's own text may hold the address with its query.
    private static string Reason(Exception exception)
    {
        var cause = exception.GetBaseException();
        return cause is SocketException or IOException and not HttpIOException ? cause.Message
            : exception is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http ? http.HttpRequestError.ToString()
            : "the connection broke";
    }

    private async Task<HttpResponseMessage> SendAdmittedAsync(WireCall call, HttpRequestMessage request, CallDeadline deadline)
    {
        var key = new BudgetKey(call.Registry, request.RequestUri!.Authority, call.Credential);
        var probe = await _budgets.EnterAsync(key, canProbe: !call.CarriesBlob, call.Host, call.What, deadline.Token);
        try
        {
            var response = await ExchangeAsync(call, request, deadline);
            if (response.StatusCode != HttpStatusCode.TooManyRequests)
            {
                probe?.Answered();
            }

            return IsUsable(response) ? response : throw Failure(call, key, response);
        }
        finally
        {
            probe?.End();
        }
    }

    private TimeSpan NoteRefusal(WireCall call, BudgetKey key, TimeSpan? retryAfter)
    {
        var (wait, begins) = _budgets.Refused(key, retryAfter);
        if (begins)
        {
            options.Observer?.BudgetBlocked(call.Registry, wait);
        }

        return wait;
    }

    private static bool IsUsable(HttpResponseMessage response) =>
        response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
        && (response.StatusCode is < HttpStatusCode.InternalServerError or HttpStatusCode.NotImplemented);

    private Exception Failure(WireCall call, BudgetKey key, HttpResponseMessage response)
    {
        using var answer = response;
        var retryAfter = RetryAfter(answer);
        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
        {
            var wait = NoteRefusal(call, key, retryAfter);
            var when = retryAfter is { } asked ? $"; it asks to wait {asked.TotalSeconds:0} s" : string.Empty;
            return new RegistryException(RegistryError.RateLimited, call.Host, $"cannot {call.What}: registry {call.Host} answers \"too many requests\" (429){when}") { RetryAfter = wait };
        }

        return new TransientFailureException(
            new RegistryException(RegistryError.Unavailable, call.Host, $"cannot {call.What}: registry {call.Host} fails with status {(int)answer.StatusCode}; try again later"), retryAfter);
    }

    private async Task<HttpResponseMessage> ExchangeAsync(WireCall call, HttpRequestMessage request, CallDeadline deadline)
    {
        // What writes may rightly take long to be answered: a registry looks at all of a blob when it is complete.
        var isLimited = (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head) && options.TryTimeout < deadline.Remaining;
        using var limit = isLimited ? new CancellationTokenSource(options.TryTimeout, time) : new CancellationTokenSource();
        using var ending = deadline.Token.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), limit);
        var sent = time.GetTimestamp();
        HttpResponseMessage? response = null;
        try
        {
            response = await connections.For(call.Reach).SendAsync(request, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Failure(call.Host, call.What, e);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !deadline.Token.IsCancellationRequested)
        {
            throw new TransientFailureException(new RegistryException(
                RegistryError.Timeout, call.Host, $"cannot {call.What}: registry {call.Host} did not answer within {options.TryTimeout.TotalSeconds:0.#} s", e));
        }
        catch (OperationCanceledException e) when (!deadline.Token.IsCancellationRequested)
        {
            // The handler's own limit for making a connection.
            throw Failure(call.Host, call.What, e);
        }
        finally
        {
            options.Observer?.Requested(call.Registry, call.Kind, request.Method.Method, (int?)response?.StatusCode, time.GetElapsedTime(sent));
        }

        if (options.Observer is { } observer && call.Kind == RegistryRequestKind.Registry && BudgetHeaders.Read(response) is { } budget)
        {
            observer.BudgetSeen(call.Registry, budget);
        }

        return response;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };
}

using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace ImageBuilder.Registry.Transport;

/// <summary>Sends single requests and says what their failures mean; nothing is tried again here.</summary>
internal sealed class Wire(HttpMessageInvoker invoker, RegistryTransportOptions options, TimeProvider time)
{
    /// <summary>Sends <paramref name="request"/> and returns the answer as soon as its headers are there. Statuses 429, 408 and 5xx become exceptions.</summary>
    /// <param name="host">The registry, for messages.</param>
    /// <param name="what">What is being done, for messages: "read manifest x:1".</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="TransientFailureException">Server error or broken connection.</exception>
    /// <exception cref="RegistryException">Rate limit, or a connection that will not work on the next try either.</exception>
    public async Task<HttpResponseMessage> SendAsync(string host, string what, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.UserAgent.TryParseAdd(options.UserAgent);
        HttpResponseMessage response;
        try
        {
            response = await invoker.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Failure(host, what, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // The handler's own limit for making a connection.
            throw Failure(host, what, e);
        }

        var status = (int)response.StatusCode;
        if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout) && (status < 500 || response.StatusCode == HttpStatusCode.NotImplemented))
        {
            return response;
        }

        using (response)
        {
            var retryAfter = RetryAfter(response);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                var when = retryAfter is { } wait ? $"; it asks to wait {wait.TotalSeconds:0} s" : string.Empty;
                throw new RegistryException(RegistryError.RateLimited, host, $"cannot {what}: registry {host} answers \"too many requests\" (429){when}") { RetryAfter = retryAfter };
            }

            throw new TransientFailureException(
                new RegistryException(RegistryError.Unavailable, host, $"cannot {what}: registry {host} fails with status {status}; try again later"), retryAfter);
        }
    }

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

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };
}

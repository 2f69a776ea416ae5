using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Transport;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ImageBuilder.Bob.Proxy;

/// <summary>Sends a request on to its registry with the credential that the sender does not have, and its answer back, both as they flow.</summary>
internal sealed class RegistryForwarder(RegistryClient registries, HttpMessageInvoker upstream, TimeProvider time)
{
    private const int Retries = 3;
    private const int MaximumHops = 5;

    // Whoever asked waits meanwhile; after that he is told.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    // Longer than another's write of a small file takes.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(100);

    // The most that registries take for a manifest; a body up to this is kept, so that it can be sent again.
    private const int ReplayableSize = 4 << 20;

    private static readonly HashSet<string> s_connectionHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    private static readonly HashSet<string> s_senderHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Authorization", "Cookie", "Expect", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded",
    };

    // The challenge names a token endpoint that the sender has no business with.
    private static readonly HashSet<string> s_registryHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "WWW-Authenticate", "Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Location",
    };

    private readonly PushedManifest _pushed = new();

    /// <summary>Answers <paramref name="context"/> with what the registry of <paramref name="route"/> says.</summary>
    public async Task ForwardAsync(HttpContext context, ProxyRoute route)
    {
        try
        {
            if (await _pushed.AnswerAsync(context, route))
            {
                return;
            }

            using var answer = await AskMirrorsAsync(context, route) ?? await SendAsync(context, route);
            await ReturnAsync(context, route, answer);
        }
        catch (RegistryException exception)
        {
            var (status, code) = exception.Error switch
            {
                RegistryError.NotFound => (StatusCodes.Status404NotFound, "NAME_UNKNOWN"),
                RegistryError.Unauthorized or RegistryError.Denied => (StatusCodes.Status403Forbidden, "DENIED"),
                RegistryError.RateLimited => (StatusCodes.Status429TooManyRequests, "TOOMANYREQUESTS"),
                _ => (StatusCodes.Status500InternalServerError, "UNAVAILABLE"),
            };
            if (exception.RetryAfter is { } wait && !context.Response.HasStarted)
            {
                context.Response.Headers.RetryAfter = $"{Math.Ceiling(wait.TotalSeconds):0}";
            }

            await FailAsync(context, status, code, code == "DENIED" && route.WhyNoCredential is { } why ? $"{exception.Message}; {why}" : exception.Message);
        }
        catch (HttpRequestException exception)
        {
            await FailAsync(context, StatusCodes.Status500InternalServerError, "UNAVAILABLE", $"registry {route.Registry} cannot be reached: {exception.HttpRequestError}");
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // One side went away in the middle; cutting the connection is the only way left to say so.
            context.Abort();
        }
    }

    /// <summary>Answers with an error in the form that registries use.</summary>
    public static async Task FailAsync(HttpContext context, int status, string code, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        var (retryAfter, challenge) = (context.Response.Headers.RetryAfter, context.Response.Headers.WWWAuthenticate);
        context.Response.Clear();
        (context.Response.Headers.RetryAfter, context.Response.Headers.WWWAuthenticate) = (retryAfter, challenge);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.WriteAsync($$"""{"errors":[{"code":"{{code}}","message":"{{System.Text.Json.JsonEncodedText.Encode(message)}}"}]}""", context.RequestAborted);
        }
    }

    /// <summary>A mirror's answer to what only reads; what is asked of the target or the cache precedes a push, and must be true of its registry.</summary>
    private async Task<HttpResponseMessage?> AskMirrorsAsync(HttpContext context, ProxyRoute route)
    {
        var headers = context.Request.Headers;
        var canServe = route.Alias is null or { Name: ProxyAlias.Base } && !route.PathAndQuery.Contains('?', StringComparison.Ordinal)
            && StringValues.IsNullOrEmpty(headers.Range) && StringValues.IsNullOrEmpty(headers.IfNoneMatch) && StringValues.IsNullOrEmpty(headers.IfModifiedSince);
        return canServe
            ? await registries.AskMirrorsAsync(
                route.Registry, new HttpMethod(context.Request.Method), route.PathAndQuery, [.. headers.Accept.OfType<string>()], route.Scopes, context.RequestAborted)
            : null;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext context, ProxyRoute route)
    {
        var cancellationToken = context.RequestAborted;
        var registry = registries.AuthenticatorFor(route.Registry, route.Credential);
        var address = new Uri(await registry.GetBaseAddressAsync(cancellationToken), route.PathAndQuery);
        var hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
        var kept = hasBody && context.Request.ContentLength <= ReplayableSize ? await KeepAsync(context) : null;
        var canRepeat = !hasBody || kept is not null;
        var push = _pushed.Begin(context.Request, route, kept);
        var (begin, refusals, unsettled, last) = (time.GetTimestamp(), 0, 0, (AuthenticationHeaderValue?)null);
        while (true)
        {
            // Authorised before it is sent, and not sent before the registry may be asked, so that a body which comes only once meets no refusal.
            var authorization = await registry.WaitForAuthorizationAsync(route.Scopes, fresh: refusals > 0, cancellationToken);
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address);
            CopyRequestHeaders(context, request, !hasBody ? null : kept is null ? Body(context) : new ByteArrayContent(kept));
            request.Headers.Authorization = authorization;
            var answer = await upstream.SendAsync(request, cancellationToken);
            await registry.ObserveAsync(answer, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests && canRepeat && time.GetElapsedTime(begin) < s_patience)
            {
                answer.Dispose();
                continue;
            }

            if (canRepeat && HttpMethods.IsPut(context.Request.Method) && unsettled < Retries && await ManifestRefusal.IsUnsettledAsync(answer, cancellationToken))
            {
                answer.Dispose();
                unsettled++;
                await Task.Delay(s_settling, time, cancellationToken);
                continue;
            }

            if (answer.StatusCode != HttpStatusCode.Unauthorized)
            {
                await (push is null ? Task.CompletedTask : _pushed.EndAsync(push, answer));
                return await FollowAsync(context, route, request, answer);
            }

            if (!canRepeat || refusals == Retries || (refusals > 0 && Equals(authorization, last)))
            {
                return answer;
            }

            answer.Dispose();
            (refusals, last) = (refusals + 1, authorization);
        }
    }

    private static PipeContent Body(HttpContext context) =>
        new(context.Request.BodyReader, context.Request.ContentLength, context.Features.Get<IConnectionSocketFeature>()?.Socket);

    private static async Task<byte[]> KeepAsync(HttpContext context)
    {
        var body = new byte[(int)context.Request.ContentLength!.Value];
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        return body;
    }

    private static void CopyRequestHeaders(HttpContext context, HttpRequestMessage request, HttpContent? content)
    {
        request.Content = content;
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!s_connectionHeaders.Contains(name) && !s_senderHeaders.Contains(name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                // Content-Length: 0 belongs to a request with no body too: uploads begin with one.
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "127.0.0.1");
    }

    // A blob often lies on another host, under an address that is signed. The sender may not be able to reach it, and it must get no credential.
    private async Task<HttpResponseMessage> FollowAsync(HttpContext context, ProxyRoute route, HttpRequestMessage request, HttpResponseMessage answer)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return answer;
        }

        var (origin, current) = (request.RequestUri!, request.RequestUri!);
        for (var hops = 0; IsRedirect(answer) && answer.Headers.Location is { } location; hops++)
        {
            if (!Uri.TryCreate(current, location, out var next))
            {
                throw new RegistryException(RegistryError.InvalidResponse, route.Registry, $"registry {route.Registry} redirects to nowhere");
            }

            var sameRegistry = IsSameServer(next, origin);
            if (sameRegistry && route.Alias is not null)
            {
                return answer;
            }

            if (hops == MaximumHops)
            {
                throw new RegistryException(RegistryError.InvalidResponse, route.Registry, $"registry {route.Registry} redirects too often");
            }

            using var onward = new HttpRequestMessage(request.Method, next);
            foreach (var (name, values) in request.Headers)
            {
                if (!name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || sameRegistry)
                {
                    onward.Headers.TryAddWithoutValidation(name, values);
                }
            }

            answer.Dispose();
            answer = sameRegistry
                ? await upstream.SendAsync(onward, context.RequestAborted)
                : await registries.SendToStoreAsync(route.Registry, onward, context.RequestAborted);
            current = next;
        }

        return answer;
    }

    private static async Task ReturnAsync(HttpContext context, ProxyRoute route, HttpResponseMessage answer)
    {
        var response = context.Response;
        if (route.Credential is null && (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
        {
            await FailAsync(context, StatusCodes.Status403Forbidden, "DENIED", $"registry {route.Registry} wants credentials, and there are none for it{(route.WhyNoCredential is { } why ? $": {why}" : string.Empty)}");
            return;
        }

        response.StatusCode = answer.StatusCode == HttpStatusCode.BadGateway ? StatusCodes.Status500InternalServerError : (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!s_connectionHeaders.Contains(name) && !s_registryHeaders.Contains(name))
            {
                response.Headers[name] = values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);
            }
        }

        if (answer.Headers.Location is { } location)
        {
            response.Headers[HeaderNames.Location] = ThroughProxy(context, route, answer.RequestMessage!.RequestUri!, location);
        }

        if (!HttpMethods.IsHead(context.Request.Method) && response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified))
        {
            await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
            await CopyAsync(body, response.BodyWriter, context.RequestAborted);
        }
    }

    // Read into the buffers from which it is sent on; what came is sent before more is waited for.
    private static async Task CopyAsync(Stream body, PipeWriter response, CancellationToken cancellationToken)
    {
        while (await body.ReadAsync(response.GetMemory(BlobMemory.BlockSize / 2), cancellationToken) is > 0 and var count)
        {
            response.Advance(count);
            await response.FlushAsync(cancellationToken);
        }
    }

    private static string ThroughProxy(HttpContext context, ProxyRoute route, Uri asked, Uri location)
    {
        var absolute = new Uri(asked, location);
        if (route.Alias is not { } alias || !IsSameServer(absolute, asked))
        {
            return absolute.AbsoluteUri;
        }

        var path = absolute.PathAndQuery.StartsWith(alias.RepositoryPath, StringComparison.Ordinal)
            ? alias.ProxyPath + absolute.PathAndQuery[alias.RepositoryPath.Length..]
            : $"/{alias.Name}{absolute.PathAndQuery}";
        return new StringBuilder("http://").Append(context.Request.Host.Value).Append(path).ToString();
    }

    private static bool IsRedirect(HttpResponseMessage answer) => (int)answer.StatusCode is 301 or 302 or 303 or 307 or 308;

    private static bool IsSameServer(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
}

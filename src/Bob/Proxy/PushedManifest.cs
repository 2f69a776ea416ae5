using System.Net;
using ImageBuilder.Registry.Names;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Bob.Proxy;

/// <summary>
/// The base's manifest as it was pushed last, until something is written again: copying it to the target begins with reading it, and the registry need not be
/// asked for what it was just given.
/// </summary>
internal sealed class PushedManifest
{
    private const string DigestHeader = "Docker-Content-Digest";

    private long _writes;
    private volatile Push? _last;

    /// <summary>Notes a request that is about to be sent on.</summary>
    /// <returns>The push of a manifest that it is, for <see cref="EndAsync"/>; null when it is none of the base.</returns>
    public Push? Begin(HttpRequest request, ProxyRoute route, byte[]? body)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return null;
        }

        var write = Interlocked.Increment(ref _writes);
        return HttpMethods.IsPut(request.Method) && body is not null && request.ContentType is { } mediaType
            && route.Alias is { Name: ProxyAlias.Base } alias && route.PathAndQuery.StartsWith($"{alias.RepositoryPath}manifests/", StringComparison.Ordinal)
            ? new Push(write, route.PathAndQuery, mediaType, body, Task.Run(() => Digest.Compute(body)))
            : null;
    }

    /// <summary>Remembers <paramref name="push"/> when the registry has taken it for what it is.</summary>
    public async Task EndAsync(Push push, HttpResponseMessage answer)
    {
        if (answer.StatusCode == HttpStatusCode.Created && answer.Headers.TryGetValues(DigestHeader, out var told) && told.First() == (await push.Digest).ToString())
        {
            _last = push;
        }
    }

    /// <summary>Answers a request for it; false when it is not what was asked for, or not known to be there still.</summary>
    public async Task<bool> AnswerAsync(HttpContext context, ProxyRoute route)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || route.Alias is not { Name: ProxyAlias.Base } || _last is not { } last || last.Write != Interlocked.Read(ref _writes)
            || last.PathAndQuery != route.PathAndQuery || !context.Request.Headers.Accept.Any(accepted => accepted?.Contains(last.MediaType, StringComparison.Ordinal) == true))
        {
            return false;
        }

        var response = context.Response;
        response.Headers[DigestHeader] = (await last.Digest).ToString();
        (response.ContentType, response.ContentLength) = (last.MediaType, last.Content.Length);
        await response.Body.WriteAsync(last.Content, context.RequestAborted);
        return true;
    }

    /// <summary>One push.</summary>
    /// <param name="Write">Which of the writes through the proxy it is.</param>
    /// <param name="PathAndQuery">Where it goes.</param>
    /// <param name="MediaType">What it is.</param>
    /// <param name="Content">Its bytes.</param>
    /// <param name="Digest">Its digest.</param>
    internal sealed record Push(long Write, string PathAndQuery, string MediaType, byte[] Content, Task<Digest> Digest);
}

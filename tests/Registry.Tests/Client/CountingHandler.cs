using System.Collections.Concurrent;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Sends requests to real servers and notes them.</summary>
internal sealed class CountingHandler() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    public ConcurrentQueue<string> Requests { get; } = [];

    public int Count(string method, string part) =>
        Requests.Count(request => request.StartsWith(method + " ", StringComparison.Ordinal) && request.Contains(part, StringComparison.Ordinal));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue($"{request.Method} {request.RequestUri!.PathAndQuery}");
        return base.SendAsync(request, cancellationToken);
    }
}

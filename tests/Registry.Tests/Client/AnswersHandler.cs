namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Sends requests to real servers, and shows the answers to storing a manifest before they are seen.</summary>
internal sealed class AnswersHandler(Action<HttpResponseMessage> stored) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (request.Method == HttpMethod.Put)
        {
            stored(answer);
        }

        return answer;
    }
}

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Sends requests to real servers, and loses the second PATCH: before it is sent, or its answer.</summary>
internal sealed class BreakingHandler(bool isSent) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    private int _patches;

    /// <summary>How many uploads were begun.</summary>
    public int Uploads { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uploads += request.Method == HttpMethod.Post ? 1 : 0;
        if (request.Method != HttpMethod.Patch || ++_patches != 2)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        if (isSent)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
        }

        throw new HttpRequestException(HttpRequestError.ResponseEnded, "the connection broke");
    }
}

using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A request body that is written while the call goes on.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly IRequestStream _requests;

    public StreamingContent(IRequestStream requests)
    {
        _requests = requests;
        Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // The server sees the call before the first message.
        await stream.FlushAsync(CancellationToken.None);
        await _requests.RunAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

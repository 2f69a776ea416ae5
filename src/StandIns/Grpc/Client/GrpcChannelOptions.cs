using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>How a channel is made.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Plain HTTP/2 or TLS; null, the default, follows the address.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Largest message that is sent, in bytes; null, the default, is no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message that is received, in bytes, also after decompression; 4 MiB by default, null is no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Client to send with, instead of the channel's own.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Handler to send with, instead of the channel's own.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes <see cref="HttpClient"/> or <see cref="HttpHandler"/> with itself; not by default.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether a cancelled call, or one past its deadline, throws <see cref="OperationCanceledException"/> instead of <see cref="RpcException"/>; not by default.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }
}

namespace Grpc.Core;

/// <summary>How a channel proves who it talks to.</summary>
public abstract class ChannelCredentials
{
    /// <summary>Plain HTTP/2.</summary>
    public static ChannelCredentials Insecure { get; } = new Plain();

    /// <summary>TLS with the machine's roots, or whatever the channel's handler is set to.</summary>
    public static ChannelCredentials SecureSsl { get; } = new Tls();

    internal abstract string Scheme { get; }

    private sealed class Plain : ChannelCredentials
    {
        internal override string Scheme => Uri.UriSchemeHttp;
    }

    private sealed class Tls : ChannelCredentials
    {
        internal override string Scheme => Uri.UriSchemeHttps;
    }
}

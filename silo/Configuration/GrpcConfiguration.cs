namespace ImageBuilder.Silo.Configuration;

/// <summary>The gRPC listener.</summary>
internal sealed record GrpcConfiguration
{
    /// <summary>The address to listen on. Default: <c>:8080</c>.</summary>
    public ListenAddress Address { get; init; } = ListenAddress.Parse(":8080");

    /// <summary>The listener's certificates; without them it speaks HTTP/2 in clear text (h2c). Default: none.</summary>
    public ServerTlsConfiguration? Tls { get; init; }
}

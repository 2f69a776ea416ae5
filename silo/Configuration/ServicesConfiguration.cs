namespace ImageBuilder.Silo.Configuration;

/// <summary>The protocols served.</summary>
internal sealed record ServicesConfiguration
{
    /// <summary>gRPC.</summary>
    public GrpcConfiguration Grpc { get; init; } = new();
}

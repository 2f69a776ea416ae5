namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Which health checks stand for which gRPC service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>Service name to checks; "" is there from the start and takes all.</summary>
    public ServiceMappingCollection Services { get; } = new();

    /// <summary>Whether Check answers with the last published result instead of running the checks; not by default.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Whether Watch calls stay open while the application stops; by default they end with NOT_SERVING.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}

namespace ImageBuilder.Silo.Configuration;

/// <summary>Orleans' dashboard, which shows silos and grains.</summary>
internal sealed record DashboardConfiguration
{
    /// <summary>The address to listen on, by the certificates of <c>server.services.grpc.tls</c> where those are given. Default: none, and there is no dashboard.</summary>
    public ListenAddress? Address { get; init; }
}

namespace ImageBuilder.Silo.Configuration;

/// <summary>Where liveness and readiness are served (<c>/live</c> and <c>/ready</c>).</summary>
internal sealed record HealthConfiguration
{
    /// <summary>The address to listen on. Default: <c>:9501</c>.</summary>
    public ListenAddress Address { get; init; } = ListenAddress.Parse(":9501");
}

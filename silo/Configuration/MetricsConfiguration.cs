namespace ImageBuilder.Silo.Configuration;

/// <summary>Where Prometheus metrics are served (<c>/metrics</c>).</summary>
internal sealed record MetricsConfiguration
{
    /// <summary>The address to listen on. Default: <c>:9500</c>.</summary>
    public ListenAddress Address { get; init; } = ListenAddress.Parse(":9500");
}

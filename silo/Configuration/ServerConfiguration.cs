namespace ImageBuilder.Silo.Configuration;

/// <summary>Where clients reach the service; the old service's section <c>server</c>.</summary>
internal sealed record ServerConfiguration
{
    /// <summary>The protocols served.</summary>
    public ServicesConfiguration Services { get; init; } = new();
}

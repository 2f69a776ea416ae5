namespace ImageBuilder.Sandbox.Demo;

/// <summary>What the demo's command line asks for. A port of 0 means the one of the last time with this data if it is free, else any free one.</summary>
internal sealed record DemoOptions
{
    /// <summary>Serves until a signal comes, instead of building the sample.</summary>
    public bool Serve { get; init; }

    /// <summary>What lasts; null is a folder of this run alone, removed at its end.</summary>
    public string? DataFolder { get; init; }

    /// <summary>A folder whose repositories are served beside the sample.</summary>
    public string? GitRoot { get; init; }

    public int GrpcPort { get; init; }

    public int MetricsPort { get; init; }

    public int HealthPort { get; init; }

    public int RegistryPort { get; init; }
}

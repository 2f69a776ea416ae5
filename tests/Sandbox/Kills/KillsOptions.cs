namespace ImageBuilder.Sandbox.Kills;

/// <summary>How often the service is killed, and what it does meanwhile.</summary>
public sealed record KillsOptions
{
    /// <summary>How often it is killed while a scripted builder runs its builds. Default 90.</summary>
    public int Scripted { get; init; } = 90;

    /// <summary>How often it is killed while bob runs its builds. Default 10.</summary>
    public int Real { get; init; } = 10;

    /// <summary>Builds that are ordered before each kill. Default 20.</summary>
    public int Builds { get; init; } = 20;

    /// <summary>What the moments are drawn from. Default: another each time.</summary>
    public int Seed { get; init; } = Random.Shared.Next();
}

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>How much a cluster is put through.</summary>
public sealed record ClusterOptions
{
    /// <summary>Builds that are followed, half through each gateway, while silos are lost. Default 200.</summary>
    public int Builds { get; init; } = 200;

    /// <summary>Silos that are killed, one after another; each starts again. Default 3.</summary>
    public int Kills { get; init; } = 3;

    /// <summary>Whether the database is restarted once. Default true.</summary>
    public bool RestartDatabase { get; init; } = true;

    /// <summary>Whether one silo is in a network of its own, and cut off from the others once. Default true.</summary>
    public bool CutOff { get; init; } = true;

    /// <summary>Equal Build calls at once, and how many resolves of one image. Default 1,000 and 10,000.</summary>
    public (int Builds, int Resolves) Crowd { get; init; } = (1_000, 10_000);

    /// <summary>Whether every silo and gateway is restarted in turn while builds run. Default true.</summary>
    public bool Rolling { get; init; } = true;

    /// <summary>Whether silos and gateways speak TLS to each other. Default false.</summary>
    public bool Tls { get; init; }

    /// <summary>Builds by bob, while each silo is killed once; 0 for none. Default 6.</summary>
    public int Real { get; init; } = 6;

    /// <summary>The gap in what a client sees that 99 of 100 builds may not exceed. Default 10 seconds.</summary>
    public TimeSpan GapLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What moments are drawn from. Default: another each time.</summary>
    public int Seed { get; init; } = Random.Shared.Next();
}

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>How the throughput of a cluster is measured.</summary>
public sealed record ThroughputOptions
{
    /// <summary>How many grains each kind of call is spread over, one figure after another. Default 1, 1,000 and 100,000.</summary>
    public IReadOnlyList<int> Grains { get; init; } = [1, 1_000, 100_000];

    /// <summary>How often each figure is taken, of one silo and of three in turn. Default 3.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>How long each takes. Default 3 seconds.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Calls under way at a time. Default 16.</summary>
    public int Calls { get; init; } = 16;

    /// <summary>How long grains are made for one figure; it is then taken of those that there are. Default 75 seconds.</summary>
    public TimeSpan Growth { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Builds whose logs grow, at the most; the other logs are in the database. Default 100.</summary>
    public int Builders { get; init; } = 100;

    /// <summary>Clients that follow one build. Default 1,000.</summary>
    public int Watchers { get; init; } = 1_000;

    /// <summary>A short version.</summary>
    public static ThroughputOptions Quick { get; } = new()
    {
        Grains = [1, 1_000],
        Rounds = 2,
        Round = TimeSpan.FromSeconds(1),
        Growth = TimeSpan.FromSeconds(20),
        Builders = 10,
        Watchers = 100,
    };
}

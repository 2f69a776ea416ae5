using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>How many builds run at once, and how long one may wait. A change of these keys applies within seconds, without a restart.</summary>
internal sealed record QueueConfiguration
{
    /// <summary>Builds that run at once, 0 to 100000; 0 means as many as there are. Default: 16.</summary>
    [NumberRange(0, 100_000)]
    public long Concurrency { get; init; } = 16;

    /// <summary>
    /// Builds of one owner that run at once, 0 to 100000; 0 means as many as there are. The owner is <c>triggered_by</c> of the order; builds without one are not
    /// counted together. Default: 0.
    /// </summary>
    [NumberRange(0, 100_000)]
    public long ConcurrencyPerOwner { get; init; }

    /// <summary>How long a build may wait for its turn before it ends as timed out, 0s to 24h0m0s; 0s means until its own deadline. Default: 0s.</summary>
    [DurationRange("0s", "24h0m0s")]
    public TimeSpan Deadline { get; init; }
}

namespace ImageBuilder.Builds.Lifecycle;

/// <summary>When a build that has ended may be forgotten, with its log.</summary>
public static class ExpiryPolicy
{
    /// <summary>Whether a build is past retention: by its age, or because enough builds ended after it. A pinned build never is.</summary>
    /// <param name="finishedAt">When the build ended.</param>
    /// <param name="pinned">Whether the build is kept past retention.</param>
    /// <param name="newer">How many builds that are not pinned ended after it.</param>
    /// <param name="now">The time at which this is asked.</param>
    /// <param name="retention">How long builds are kept after their end.</param>
    /// <param name="count">How many builds that have ended are kept.</param>
    public static bool IsExpired(DateTimeOffset finishedAt, bool pinned, int newer, DateTimeOffset now, TimeSpan retention, int count) =>
        !pinned && (finishedAt < now - retention || newer >= count);
}

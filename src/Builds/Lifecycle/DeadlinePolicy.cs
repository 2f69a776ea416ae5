namespace ImageBuilder.Builds.Lifecycle;

/// <summary>How long a build may take, from the moment it was accepted to its end, waiting for its turn included.</summary>
public static class DeadlinePolicy
{
    /// <summary>The shortest time that an order can ask for.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The time that a build gets: what its order asks for, at least <see cref="Shortest"/>, and never more than the installation allows.
    /// </summary>
    /// <param name="requested">What the order asks for; null when it does not say.</param>
    /// <param name="installation">What the installation allows.</param>
    public static TimeSpan Of(TimeSpan? requested, TimeSpan installation) =>
        requested is not { } asked || asked > installation ? installation
        : asked < Shortest ? Min(Shortest, installation)
        : asked;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

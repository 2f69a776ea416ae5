namespace ImageBuilder.Sandbox.Throughput;

/// <summary>One kind of call to one cluster, spread over grains.</summary>
internal interface ILoad
{
    /// <summary>What a call is.</summary>
    string Name { get; }

    /// <summary>How many grains there are by now.</summary>
    int Grains { get; }

    /// <summary>How many may call at a time, of so many who would.</summary>
    int CallersOf(int callers);

    /// <summary>Sees to it that there are so many grains in memory, unless <paramref name="patience"/> ends before.</summary>
    Task GrowAsync(int grains, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Makes a call, to any of the grains that are this caller's.</summary>
    /// <param name="caller">The number of the caller.</param>
    /// <param name="callers">How many there are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task CallAsync(int caller, int callers, CancellationToken cancellationToken);
}

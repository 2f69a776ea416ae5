namespace ImageBuilder.Grains.References;

/// <summary>Numbers the requests of one activation in the order in which they begin.</summary>
internal sealed class RequestSequence
{
    /// <summary>Tells the numbers of one activation from those of the next.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>The number that the next request gets.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>The number of a request that begins now.</summary>
    public long Take() => Next++;
}

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>The processor time that the parts of a cluster have used.</summary>
/// <param name="Gateway">Its gateway.</param>
/// <param name="Silos">All of its silos together, without what builds run.</param>
/// <param name="Database">The database server.</param>
internal sealed record ProcessorUse(TimeSpan Gateway, TimeSpan Silos, TimeSpan Database)
{
    /// <summary>None.</summary>
    public static ProcessorUse None { get; } = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>All of it.</summary>
    public TimeSpan All => Gateway + Silos + Database;

    public static ProcessorUse operator +(ProcessorUse one, ProcessorUse other) =>
        new(one.Gateway + other.Gateway, one.Silos + other.Silos, one.Database + other.Database);

    public static ProcessorUse operator -(ProcessorUse one, ProcessorUse other) =>
        new(one.Gateway - other.Gateway, one.Silos - other.Silos, one.Database - other.Database);
}

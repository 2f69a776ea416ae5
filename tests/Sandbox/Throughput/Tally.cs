namespace ImageBuilder.Sandbox.Throughput;

/// <summary>Calls that were made, and what they took.</summary>
/// <param name="Times">How long each took.</param>
/// <param name="Lasted">How long they were made for.</param>
/// <param name="Used">Processor time meanwhile.</param>
/// <param name="GrainCalls">Calls that the gateway made to grains meanwhile.</param>
/// <param name="Writes">States that were stored meanwhile.</param>
/// <param name="Appends">Appends to logs meanwhile.</param>
/// <param name="Heads">Questions to the registry meanwhile.</param>
internal sealed record Tally(TimeSpan[] Times, TimeSpan Lasted, ProcessorUse Used, double GrainCalls, long Writes, long Appends, long Heads)
{
    /// <summary>Calls a second.</summary>
    public double PerSecond => Times.Length / Lasted.TotalSeconds;

    /// <summary>So much of something for each call.</summary>
    public double Each(double of) => of / Math.Max(1, Times.Length);

    public static Tally operator +(Tally one, Tally other) => new(
        [.. one.Times, .. other.Times], one.Lasted + other.Lasted, one.Used + other.Used, one.GrainCalls + other.GrainCalls, one.Writes + other.Writes, one.Appends + other.Appends, one.Heads + other.Heads);
}

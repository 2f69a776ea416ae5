namespace Orleans.Runtime;

/// <summary>How many activations a silo has of one kind of grain.</summary>
public sealed class SimpleGrainStatistic
{
    /// <summary>The name of the grain's class and assembly.</summary>
    public string GrainType { get; init; } = string.Empty;

    /// <summary>How many.</summary>
    public int ActivationCount { get; init; }
}

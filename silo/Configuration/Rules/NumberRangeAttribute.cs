namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>A number from <paramref name="minimum"/> to <paramref name="maximum"/>, both included.</summary>
internal sealed class NumberRangeAttribute(long minimum, long maximum) : RuleAttribute
{
    /// <summary>The smallest.</summary>
    public long Minimum { get; } = minimum;

    /// <summary>The largest.</summary>
    public long Maximum { get; } = maximum;

    /// <inheritdoc />
    public override string Allowed => $"{Minimum} to {Maximum}";

    /// <inheritdoc />
    public override string? Check(object value) => (long)value < Minimum ? "is too small" : (long)value > Maximum ? "is too large" : null;
}

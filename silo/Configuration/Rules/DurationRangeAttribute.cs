namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>A duration from <paramref name="minimum"/> to <paramref name="maximum"/>, both included, as Go writes them.</summary>
internal sealed class DurationRangeAttribute(string minimum, string maximum) : RuleAttribute
{
    /// <summary>The shortest.</summary>
    public TimeSpan Minimum { get; } = GoDuration.Parse(minimum);

    /// <summary>The longest.</summary>
    public TimeSpan Maximum { get; } = GoDuration.Parse(maximum);

    /// <inheritdoc />
    public override string Allowed => $"{GoDuration.Format(Minimum)} to {GoDuration.Format(Maximum)}";

    /// <inheritdoc />
    public override string? Check(object value) =>
        (TimeSpan)value < Minimum ? "is too short" : (TimeSpan)value > Maximum ? "is too long" : null;
}

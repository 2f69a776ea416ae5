namespace Orleans.Concurrency;

/// <summary>A grain method that does not change state; such methods interleave with each other, and with nothing else.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReadOnlyAttribute : Attribute;

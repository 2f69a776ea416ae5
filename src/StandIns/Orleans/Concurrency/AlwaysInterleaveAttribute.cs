namespace Orleans.Concurrency;

/// <summary>A grain method that runs whatever else its activation is doing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AlwaysInterleaveAttribute : Attribute;

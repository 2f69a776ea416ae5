namespace Orleans.Concurrency;

/// <summary>A grain class all of whose methods interleave (still one turn at a time).</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReentrantAttribute : Attribute;

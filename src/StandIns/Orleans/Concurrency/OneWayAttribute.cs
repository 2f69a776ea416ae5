namespace Orleans.Concurrency;

/// <summary>A grain method whose caller does not wait and learns nothing of the outcome.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OneWayAttribute : Attribute;

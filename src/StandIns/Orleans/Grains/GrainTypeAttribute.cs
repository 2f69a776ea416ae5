using Orleans.Runtime;

namespace Orleans;

/// <summary>The name of a grain class on the wire and in storage; without it, the class name in lower case without "grain" at its end.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class GrainTypeAttribute(string grainType) : Attribute
{
    internal GrainType GrainType { get; } = GrainType.Create(grainType);
}

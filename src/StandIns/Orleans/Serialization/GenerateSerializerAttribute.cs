namespace Orleans;

/// <summary>A type that may cross a grain call. Nothing is generated in one process; the mark is checked by tests.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class GenerateSerializerAttribute : Attribute;

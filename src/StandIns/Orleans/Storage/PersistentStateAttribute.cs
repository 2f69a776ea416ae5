namespace Orleans.Runtime;

/// <summary>Marks the <see cref="IPersistentState{TState}"/> parameter of a grain's constructor.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
{
    /// <summary>The state's name, unique within the grain class.</summary>
    public string StateName { get; } = stateName;

    /// <summary>The storage's name; null for the default one.</summary>
    public string? StorageName { get; } = storageName;
}

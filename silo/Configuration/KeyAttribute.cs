namespace ImageBuilder.Silo.Configuration;

/// <summary>The key's spelling where it is not the property's name in camelCase.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KeyAttribute(string name) : Attribute
{
    /// <summary>The key as the file spells it.</summary>
    public string Name { get; } = name;
}

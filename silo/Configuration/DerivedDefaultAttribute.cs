namespace ImageBuilder.Silo.Configuration;

/// <summary>The default comes from other keys or from the machine; <see cref="ConfigurationFile"/> fills it in.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DerivedDefaultAttribute(string description) : Attribute
{
    /// <summary>What the default is, for the documentation.</summary>
    public string Description { get; } = description;
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>One key that a section of the file may have, as its record declares it.</summary>
internal sealed record ConfigurationKey
{
    private ConfigurationKey(PropertyInfo property)
    {
        Property = property;
        Name = property.GetCustomAttribute<KeyAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        IsListByHost = property.PropertyType == typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>);
        IsList = property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);
        ValueType = IsListByHost ? typeof(string) : IsList ? property.PropertyType.GetGenericArguments()[0] : property.PropertyType;
        Kind = ValueKind.Of(ValueType);
        Rule = property.GetCustomAttribute<RuleAttribute>();
    }

    /// <summary>The property that holds the value.</summary>
    public PropertyInfo Property { get; }

    /// <summary>The key as the file spells it.</summary>
    public string Name { get; }

    /// <summary>Whether the section must have it.</summary>
    public bool IsRequired { get; }

    /// <summary>Whether the value is a list; <see cref="ValueType"/>, <see cref="Kind"/> and <see cref="Rule"/> are then its entries'.</summary>
    public bool IsList { get; }

    /// <summary>Whether the value is an object of lists of strings, by a registry's host; <see cref="Kind"/> and <see cref="Rule"/> are those of the strings.</summary>
    public bool IsListByHost { get; }

    /// <summary>The type of the value.</summary>
    public Type ValueType { get; }

    /// <summary>How the value is written, or null when it is a section of its own.</summary>
    public ValueKind? Kind { get; }

    /// <summary>What the value must keep to beyond its kind.</summary>
    public RuleAttribute? Rule { get; }

    /// <summary>What the value, or each entry of the list, may be, to follow "must be ".</summary>
    public string Allowed => (Kind, Rule) switch
    {
        (null, _) => "an object",
        (_, null) => Kind.Allowed,
        _ => ValueType == typeof(string) ? Rule.Allowed : $"{Kind.Allowed}, {Rule.Allowed}",
    };

    /// <summary>The keys of a section, in the order of their declaration.</summary>
    public static IReadOnlyList<ConfigurationKey> Of(Type section) =>
        [.. section.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => new ConfigurationKey(property))];
}

using System.Collections;
using System.Reflection;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

/// <summary>Every key that the file may have, as the records declare them.</summary>
internal static class ConfigurationTree
{
    /// <summary>All keys, sections included, with their path and the record that declares them.</summary>
    public static IEnumerable<(string Path, ConfigurationKey Key, Type Section)> Keys() => Keys(typeof(ServiceConfiguration), string.Empty);

    /// <summary>A key's default: null when there is none or it is derived, and <c>[]</c> or <c>{}</c> for an empty list or object.</summary>
    public static object? DefaultOf(Type section, ConfigurationKey key)
    {
        var value = key.Property.GetValue(Activator.CreateInstance(section));
        return key.Property.IsDefined(typeof(DerivedDefaultAttribute)) ? null : value is IEnumerable list and not string ? Empty(list, key.IsListByHost ? "{}" : "[]") : value;
    }

    private static string Empty(IEnumerable list, string text)
    {
        list.Cast<object>().ShouldBeEmpty();
        return text;
    }

    private static IEnumerable<(string Path, ConfigurationKey Key, Type Section)> Keys(Type section, string prefix) =>
        ConfigurationKey.Of(section).SelectMany(key => key.Kind is null
            ? Keys(key.ValueType, $"{prefix}{key.Name}.").Prepend(($"{prefix}{key.Name}", key, section))
            : [($"{prefix}{key.Name}", key, section)]);
}

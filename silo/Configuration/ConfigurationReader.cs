using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>
/// Reads a record tree from JSON by what its records declare: property names, types, <c>required</c>, and <see cref="RuleAttribute"/>s. Strict: whatever
/// is not declared is refused, and the first thing refused ends the reading.
/// </summary>
internal static partial class ConfigurationReader
{
    private const int LongestList = 10_000;
    private const int LongestShown = 100;

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="ConfigurationException">Something in it is refused.</exception>
    public static ServiceConfiguration Read(JsonElement root) => (ServiceConfiguration)ReadSection(root, typeof(ServiceConfiguration), string.Empty);

    private static object ReadSection(JsonElement element, Type type, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Refuse(path.Length == 0 ? ConfigurationFile.Option : path, $"must be an object; {Show(element)} is not");
        }

        var keys = ConfigurationKey.Of(type);
        var given = new Dictionary<string, JsonElement>();
        foreach (var property in element.EnumerateObject())
        {
            if (keys.All(key => key.Name != property.Name))
            {
                var allowed = string.Join(", ", keys.Select(key => key.Name));
                throw Refuse(Join(path, ShowName(property.Name)), $"is no key of this service; {(path.Length == 0 ? "the file" : path)} may have {allowed}");
            }

            if (!given.TryAdd(property.Name, property.Value))
            {
                throw Refuse(Join(path, property.Name), "is given twice; it may be given once");
            }
        }

        var section = Activator.CreateInstance(type)!;
        foreach (var key in keys)
        {
            if (given.TryGetValue(key.Name, out var value) && IsGiven(value, key))
            {
                var keyPath = Join(path, key.Name);
                key.Property.SetValue(
                    section,
                    key.IsListByHost ? ReadListsByHost(value, key, keyPath) : key.IsList ? ReadList(value, key, keyPath) : ReadValue(value, key, keyPath));
            }
            else if (key.IsRequired)
            {
                throw Refuse(Join(path, key.Name), $"is missing; it must be {key.Allowed}");
            }
        }

        return section;
    }

    // Go writes null, or its zero value "", for what was not given.
    private static bool IsGiven(JsonElement value, ConfigurationKey key) => value.ValueKind switch
    {
        JsonValueKind.Null => false,
        JsonValueKind.String when key is { IsList: false, IsListByHost: false, Kind.JsonType: "string" } => !value.ValueEquals(string.Empty),
        _ => true,
    };

    private static Dictionary<string, IReadOnlyList<string>> ReadListsByHost(JsonElement element, ConfigurationKey key, string path)
    {
        if (element.ValueKind != JsonValueKind.Object || element.GetPropertyCount() > LongestList)
        {
            throw Refuse(path, $"must be an object of up to {LongestList} registries; {Show(element)} is not");
        }

        var rule = new RegistryHostAttribute();
        var lists = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var property in element.EnumerateObject())
        {
            if (rule.Check(property.Name) is { } problem)
            {
                throw Refuse(path, $"must name {rule.Allowed}; {ShowName(property.Name)} {problem}");
            }

            if (!lists.TryAdd(property.Name, (IReadOnlyList<string>)ReadList(property.Value, key, $"{path}[\"{property.Name}\"]")))
            {
                throw Refuse(path, $"has {ShowName(property.Name)} twice; it may have it once");
            }
        }

        return lists;
    }

    private static Array ReadList(JsonElement element, ConfigurationKey key, string path)
    {
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > LongestList)
        {
            throw Refuse(path, $"must be a list of up to {LongestList} entries, each {key.Allowed}; {Show(element)} is not");
        }

        var list = Array.CreateInstance(key.ValueType, element.GetArrayLength());
        foreach (var (index, entry) in element.EnumerateArray().Index())
        {
            list.SetValue(ReadValue(entry, key, $"{path}[{index}]"), index);
        }

        return list;
    }

    private static object ReadValue(JsonElement element, ConfigurationKey key, string path)
    {
        if (key.Kind is null)
        {
            return ReadSection(element, key.ValueType, path);
        }

        var value = key.Kind.Read(element);
        var problem = value is null ? "is not" : key.Rule?.Check(value);
        return problem is null ? value! : throw Refuse(path, $"must be {key.Allowed}; {Show(element)} {problem}");
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Show(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"a list of {element.GetArrayLength()}",
        // As it stands in the file, so that escapes stay escaped and the line stays one line.
        _ => element.GetRawText() is { Length: > LongestShown } text ? text[..LongestShown] + "…" : element.GetRawText(),
    };

    private static string ShowName(string name) =>
        PlainName().IsMatch(name) ? name : JsonSerializer.Serialize(name.Length > LongestShown ? name[..LongestShown] + "…" : name);

    private static ConfigurationException Refuse(string key, string message) => new(new ConfigurationError(key, message));

    [GeneratedRegex(@"^[A-Za-z0-9_$-]{1,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();
}

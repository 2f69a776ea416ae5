using System.Text.Json;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Silo.Configuration;

/// <summary>How the values of one type are written in the file.</summary>
internal sealed record ValueKind
{
    private const int LongestString = 4096;

    private static readonly Dictionary<Type, ValueKind> Kinds = new()
    {
        [typeof(string)] = Text($"a string of up to {LongestString} characters, none of them a control character", CheckPlain),
        [typeof(bool)] = new("true or false", "boolean", element => element.GetBoolean()),
        [typeof(long)] = new("a whole number", "integer", element => ReadWholeNumber(element)),
        [typeof(TimeSpan)] = Text("a Go duration such as \"1h30m0s\"", text => GoDuration.Parse(text)),
        [typeof(ListenAddress)] = Text("an address to listen on such as \":8080\", \"localhost:8080\" or \"[::1]:8080\"", ListenAddress.Parse),
        [typeof(ImageRepository)] =
            Text("an image name without tag and digest such as \"registry.example.com/workspace-images\"", ImageRepository.Parse),
        [typeof(ImageReference)] = Text("an image reference such as \"docker.io/library/debian:12\"", ImageReference.Parse),
        [typeof(Platform)] = Text("a platform such as \"linux/amd64\"", Platform.Parse),
        [typeof(BuildLauncher)] = Choice<BuildLauncher>(),
        [typeof(BuildEngine)] = Choice<BuildEngine>(),
        [typeof(BuildNetwork)] = Choice<BuildNetwork>(),
        [typeof(ClusterKind)] = Choice<ClusterKind>(),
    };

    private readonly Func<JsonElement, object> _parse;

    private ValueKind(string allowed, string jsonType, Func<JsonElement, object> parse)
    {
        Allowed = allowed;
        JsonType = jsonType;
        _parse = parse;
    }

    /// <summary>What is allowed, to follow "must be ".</summary>
    public string Allowed { get; }

    /// <summary>The type's name in a JSON schema.</summary>
    public string JsonType { get; }

    /// <summary>The kind of a type, or null when the type is a section of the file.</summary>
    public static ValueKind? Of(Type type) => Kinds.GetValueOrDefault(type);

    /// <summary>The value that the file means, or null when it is none of this kind.</summary>
    public object? Read(JsonElement element)
    {
        try
        {
            return _parse(element);
        }
        // InvalidOperationException: another JSON type, or a string with half a surrogate pair.
        catch (Exception error) when (error is FormatException or InvalidReferenceException or InvalidOperationException)
        {
            return null;
        }
    }

    private static ValueKind Text(string allowed, Func<string, object> parse) =>
        new(allowed, "string", element => parse(element.GetString() ?? throw new FormatException("It is null.")));

    private static ValueKind Choice<T>()
        where T : struct, Enum
    {
        var choices = Enum.GetValues<T>().ToDictionary(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));
        return Text(
            string.Join(" or ", choices.Keys.Select(name => $"\"{name}\"")),
            text => choices.TryGetValue(text, out var value) ? value : throw new FormatException("It is none of the choices."));
    }

    private static string CheckPlain(string text) =>
        text.Length <= LongestString && !text.Any(char.IsControl) ? text : throw new FormatException("It is too long or has control characters.");

    // JSON has one kind of number: 1e6 and 1000000.0 are whole, too.
    private static long ReadWholeNumber(JsonElement element) =>
        element.TryGetDecimal(out var number) && decimal.IsInteger(number) && number is >= long.MinValue and <= long.MaxValue
            ? (long)number
            : throw new FormatException("It is not a whole number of 64 bits.");
}

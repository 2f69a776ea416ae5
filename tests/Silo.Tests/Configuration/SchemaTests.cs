using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Tests.Configuration;

/// <summary>config.schema.json says what the records say, and allows what the service takes.</summary>
public sealed class SchemaTests : IDisposable
{
    private static readonly JsonObject Schema =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config.schema.json")))!.AsObject();

    private readonly ConfigurationFolder _folder = new();

    public static TheoryData<string> Keys => [.. ConfigurationTree.Keys().Select(key => key.Path)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Schema_EverySection_HasTheKeysOfItsRecord() => CompareSection(typeof(ServiceConfiguration), Schema, "the file");

    [Theory]
    [MemberData(nameof(Keys))]
    public void Schema_EveryKey_SaysWhatItsRecordSays(string path)
    {
        var (_, key, section) = ConfigurationTree.Keys().Single(each => each.Path == path);
        var property = Find(path);

        ((string?)property["description"]).ShouldNotBeNullOrEmpty();
        var types = property["type"] is JsonArray several ? [.. several.Select(type => (string)type!)] : new List<string> { (string)property["type"]! };
        types.ShouldBe([key.IsListByHost ? "object" : key.IsList ? "array" : key.Kind?.JsonType ?? "object", .. key.IsRequired ? Array.Empty<string>() : ["null"]]);

        if (key.Kind is null)
        {
            return;
        }

        var value = key.IsListByHost ? property["additionalProperties"]!["items"]!.AsObject() : key.IsList ? property["items"]!.AsObject() : property;
        switch (key.Rule)
        {
            case DurationRangeAttribute range:
                ((string?)value["x-minimum"]).ShouldBe(GoDuration.Format(range.Minimum));
                ((string?)value["x-maximum"]).ShouldBe(GoDuration.Format(range.Maximum));
                break;
            case NumberRangeAttribute range:
                ((long?)value["minimum"]).ShouldBe(range.Minimum);
                ((long?)value["maximum"]).ShouldBe(range.Maximum);
                break;
            default:
                value.ShouldNotContain(rule => rule.Key == "minimum" || rule.Key == "maximum" || rule.Key == "x-minimum" || rule.Key == "x-maximum");
                break;
        }

        ComparableDefault(property, key).ShouldBe(ConfigurationTree.DefaultOf(section, key));
        if (key.Property.GetCustomAttribute<DerivedDefaultAttribute>() is { } derived)
        {
            ((string?)property["description"])!.ShouldEndWith($"Default: {derived.Description}.");
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Schema_EveryKey_AllowsWhatTheServiceTakes(string path)
    {
        var (_, key, _) = ConfigurationTree.Keys().Single(each => each.Path == path);
        foreach (var sample in Samples(key))
        {
            var json = _folder.With(path, sample).ToJsonString();

            var takes = _folder.Load(json).Error;
            var allows = new JsonSchemaCheck(Schema).Allows(json);

            // A path's form is in the schema, but not whether something lies there; nor whether two keys name one port, or go together.
            if (!allows || (key.Rule is not (ReadableFileAttribute or CertificateFileAttribute or ProgramFileAttribute) && !s_ofTwoKeys.Any(part => takes?.Message.Contains(part) is true)))
            {
                allows.ShouldBe(takes is null, $"{path} = {sample[..Math.Min(100, sample.Length)]}: {takes}");
            }
        }
    }

    private static string[] Samples(ConfigurationKey key)
    {
        string[] values =
        [
            "null", "true", "false", "0", "1048576", "1e400", "2000000.5", "2000000.0", "{}", "[]", "[null]", "[\"\"]", "{\"unknown\": 1}",
            .. Texts.Select(text => JsonSerializer.Serialize(text)),
        ];
        return key.IsList ? [.. values, .. values.Select(value => $"[{value}]")]
            : key.IsListByHost ? [.. values, .. values.SelectMany(value => (string[])[$$"""{"host": [{{value}}]}""", $$"""{"host": {{value}}}"""]), .. Texts.Select(text => $$"""{{{JsonSerializer.Serialize(text)}}: []}""")]
            : values;
    }

    private static readonly string[] s_ofTwoKeys = ["port of its own", "must not be given with"];

    private static readonly string[] Texts =
    [
        "", "x", "a b", "a\nb", "\u0085", new('x', 4096), new('x', 4097), "/", "/a", "a/b", "1m", "1h30m0s", "90", "-5m", "0", "1.5h", "5x", "100000h", "1s",
        ":0", ":65535", "127.0.0.1:1", "localhost:1", "[::1]:1", "host:1", ":x", "registry:5000/a/b", "registry:5000", "a/b:tag", "A/b", "UPPER",
        "a@sha256:" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "linux/amd64", "linux/arm/v7", "linux/arm/v7/x", "linux",
        "process", "Process", "kubernetes", "host", "none", "http://a", "a-b.c", "a..b", "-a", "host/path", "host:1/a/b-c.d", "host/", "host//a", "host/A", "host/a?b",
    ];

    private static void CompareSection(Type section, JsonObject schema, string path)
    {
        var keys = ConfigurationKey.Of(section);

        schema["properties"]!.AsObject().Select(property => property.Key).ShouldBe(keys.Select(key => key.Name), path);
        (schema["required"]?.AsArray() ?? []).Select(name => (string)name!).ShouldBe(keys.Where(key => key.IsRequired).Select(key => key.Name), path);
        ((bool?)schema["additionalProperties"]).ShouldBe(false, path);
        foreach (var key in keys.Where(key => key.Kind is null))
        {
            CompareSection(key.ValueType, schema["properties"]![key.Name]!.AsObject(), key.Name);
        }
    }

    private static JsonObject Find(string path) =>
        path.Split('.').Aggregate(Schema, (section, name) => section["properties"]![name]!.AsObject());

    private static object? ComparableDefault(JsonObject property, ConfigurationKey key)
    {
        if (!property.ContainsKey("default"))
        {
            return null;
        }

        var value = property["default"]!;
        return key.IsList || key.IsListByHost ? value.ToJsonString() : key.Kind!.Read(JsonSerializer.SerializeToElement(value));
    }
}

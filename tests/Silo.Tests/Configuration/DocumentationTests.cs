using System.Reflection;
using System.Text.Json.Nodes;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Tests.Configuration;

/// <summary>docs/configuration.md lists the keys that there are, with their defaults and ranges.</summary>
public sealed class DocumentationTests
{
    private static readonly JsonObject Schema =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config.schema.json")))!.AsObject();

    private static readonly string[][] Rows =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "configuration.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | ")),
    ];

    [Fact]
    public void Documentation_Tables_HaveEveryKeyOnce() =>
        Rows.Select(row => row[0].Trim('`')).Order(StringComparer.Ordinal).ShouldBe(
            ConfigurationTree.Keys().Where(each => each.Key.Kind is not null).Select(each => each.Path).Order(StringComparer.Ordinal));

    [Fact]
    public void Documentation_EveryRow_HasDefaultRangeAndMeaning()
    {
        foreach (var (path, key, _) in ConfigurationTree.Keys().Where(each => each.Key.Kind is not null))
        {
            var row = Rows.Single(row => row[0] == $"`{path}`");

            row.Length.ShouldBe(5, path);
            row[2].Replace("`", "", StringComparison.Ordinal).ShouldBe(ExpectedDefault(path, key), path);
            if (key.Rule is DurationRangeAttribute or NumberRangeAttribute)
            {
                row[3].ShouldBe(key.Rule.Allowed, path);
            }

            row[4].ShouldEndWith(".", Case.Sensitive, path);
        }
    }

    private static string ExpectedDefault(string path, ConfigurationKey key)
    {
        var property = path.Split('.').Aggregate(Schema, (section, name) => section["properties"]![name]!.AsObject());
        return key.IsRequired
            ? "required"
            : key.Property.GetCustomAttribute<DerivedDefaultAttribute>()?.Description ?? property["default"]?.ToJsonString() ?? "none";
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

/// <summary>As much of JSON schema (draft 2020-12) as config.schema.json uses; a keyword beyond that fails the test that meets it.</summary>
internal sealed class JsonSchemaCheck(JsonObject schema)
{
    private static readonly string[] Annotations = ["$schema", "$defs", "title", "description", "default"];

    /// <summary>Whether the schema allows <paramref name="json"/>.</summary>
    public bool Allows(string json) => Allows(schema, JsonNode.Parse(json));

    private bool Allows(JsonObject rules, JsonNode? value) =>
        rules.Where(rule => !Annotations.Contains(rule.Key)).All(rule => Keeps(rule.Key, rule.Value!, rules, value));

    private bool Keeps(string keyword, JsonNode rule, JsonObject rules, JsonNode? value) => (keyword, value) switch
    {
        ("type", _) => (rule as JsonArray ?? [rule.DeepClone()]).Any(type => IsOf((string)type!, value)),
        ("$ref", _) => Allows(Resolve(rule), value),
        ("enum", _) => rule.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value)),
        ("required", JsonObject section) => rule.AsArray().All(name => section.ContainsKey((string)name!)),
        ("properties", JsonObject section) => section.All(key => rule[key.Key] is not JsonObject property || Allows(property, key.Value)),
        ("additionalProperties", JsonObject section) when rule is JsonObject each => section.All(key => Allows(each, key.Value)),
        ("propertyNames", JsonObject section) => section.All(key => Allows(rule.AsObject(), JsonValue.Create(key.Key))),
        ("maxProperties", JsonObject section) => section.Count <= (int)rule,
        ("additionalProperties", JsonObject section) => section.All(key => rules["properties"]!.AsObject().ContainsKey(key.Key)),
        ("items", JsonArray list) => list.All(entry => Allows(rule.AsObject(), entry)),
        ("maxItems", JsonArray list) => list.Count <= (int)rule,
        ("minimum", JsonValue number) => !IsOf("number", number) || Number(number) >= (long)rule,
        ("maximum", JsonValue number) => !IsOf("number", number) || Number(number) <= (long)rule,
        ("minLength", JsonValue text) => !IsOf("string", text) || ((string)text!).Length >= (int)rule,
        ("maxLength", JsonValue text) => !IsOf("string", text) || ((string)text!).Length <= (int)rule,
        ("pattern", JsonValue text) => !IsOf("string", text) || Regex.IsMatch((string)text!, (string)rule!, RegexOptions.ECMAScript),
        ("x-minimum", JsonValue text) => Duration(text) is not { } duration || duration >= GoDuration.Parse((string)rule!),
        ("x-maximum", JsonValue text) => Duration(text) is not { } duration || duration <= GoDuration.Parse((string)rule!),
        ("required" or "properties" or "additionalProperties" or "propertyNames" or "maxProperties" or "items" or "maxItems" or "minimum" or "maximum" or "minLength" or "maxLength"
            or "pattern" or "x-minimum" or "x-maximum", _) => true,
        _ => throw new InvalidOperationException($"this check does not know the keyword {keyword}"),
    };

    private JsonObject Resolve(JsonNode reference) => schema["$defs"]![((string)reference!)["#/$defs/".Length..]]!.AsObject();

    private static bool IsOf(string type, JsonNode? value) => (type, value?.GetValueKind()) switch
    {
        ("null", null) => true,
        ("object", System.Text.Json.JsonValueKind.Object) => true,
        ("array", System.Text.Json.JsonValueKind.Array) => true,
        ("string", System.Text.Json.JsonValueKind.String) => true,
        ("boolean", System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False) => true,
        ("number", System.Text.Json.JsonValueKind.Number) => true,
        ("integer", System.Text.Json.JsonValueKind.Number) => double.IsInteger(Number(value!)),
        _ => false,
    };

    private static double Number(JsonNode value) => double.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    // Its form is the pattern's business.
    private static TimeSpan? Duration(JsonNode value)
    {
        try
        {
            return IsOf("string", value) ? GoDuration.Parse((string)value!) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

using System.Text.Json;
using ImageBuilder.Bob.Build;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class StoredLayersTests
{
    private const string Whole = """{"id":"base","created":"2026-01-01T00:00:00.123456789Z","diff-size":5}""";
    private const string Child = """{"id":"child","parent":"base","created":"2026-01-01T01:00:01+01:00","flags":{"other":true}}""";

    [Theory]
    [InlineData("child", true, Whole, Child)]
    [InlineData("base", true, Whole, Child)]
    [InlineData("other", false, Whole, Child)]
    [InlineData("child", false, Child)]
    [InlineData("base", false, """{"id":"base","created":"2026-01-01T00:00:00Z","flags":{"incomplete":true}}""", Child)]
    [InlineData("child", false, """{"id":"base","created":"2026-01-01T00:00:00Z","flags":{"incomplete":true}}""", Child)]
    [InlineData("child", true, """{"id":"base","created":"2026-01-01T00:00:00Z","flags":{"incomplete":false}}""", Child)]
    [InlineData("child", false, """{"id":"base","created":"2026-01-01T00:00:02Z"}""", Child)]
    [InlineData("base", true, """{"id":"base","created":"2026-01-01T00:00:02Z"}""", Child)]
    public void IsWhole_OfALayer_AllThatItStandsOnIsThereAndOlder(string id, bool expected, params string[] layers)
    {
        using var list = JsonDocument.Parse($"[{string.Join(',', layers)}]");

        new StoredLayers(list.RootElement.EnumerateArray()).IsWhole(id).ShouldBe(expected);
    }
}

using System.Text.Json;
using ImageBuilder.Bob.Build;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class StoredLayersTests
{
    private const string Base = """{"id":"base","diff-size":5}""";
    private const string Marked = """{"id":"base","flags":{"incomplete":true}}""";
    private const string Unmarked = """{"id":"base","flags":{"incomplete":false}}""";
    private const string Child = """{"id":"child","parent":"base","flags":{"other":true}}""";

    [Theory]
    [InlineData("child", true, Base, Child)]
    [InlineData("base", true, Base, Child)]
    [InlineData("other", false, Base, Child)]
    [InlineData("child", false, Child)]
    [InlineData("base", false, Marked, Child)]
    [InlineData("child", false, Marked, Child)]
    [InlineData("child", true, Unmarked, Child)]
    [InlineData("child", false, Child, Base)]
    [InlineData("base", true, Child, Base)]
    public void IsWhole_OfALayer_AllThatItStandsOnIsThereAndWasMadeBefore(string id, bool expected, params string[] layers)
    {
        using var list = JsonDocument.Parse($"[{string.Join(',', layers)}]");

        new StoredLayers(list.RootElement.EnumerateArray()).IsWhole(id).ShouldBe(expected);
    }
}

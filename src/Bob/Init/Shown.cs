namespace ImageBuilder.Bob.Init;

/// <summary>Texts of strangers as messages show them.</summary>
internal static class Shown
{
    private const int MaximumLength = 200;

    /// <summary>The beginning of <paramref name="text"/>, on one line.</summary>
    public static string Of(string text) => new([.. text.Take(MaximumLength).Select(character => char.IsControl(character) ? '?' : character)]);
}

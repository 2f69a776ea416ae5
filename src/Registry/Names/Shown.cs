namespace ImageBuilder.Registry.Names;

/// <summary>How text from outside is shown inside an error message: short, on one line, with no control characters.</summary>
internal static class Shown
{
    private const int MaximumLength = 200;

    /// <summary><paramref name="text"/> with control characters replaced, cut after 200 characters.</summary>
    public static string Text(string text)
    {
        var cut = text.Length > MaximumLength ? string.Concat(text.AsSpan(0, MaximumLength), "…") : text;
        return cut.AsSpan().ContainsAnyInRange('\0', '\x1f') ? string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c)) : cut;
    }
}

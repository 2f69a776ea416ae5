namespace ImageBuilder.Cli.Requests;

/// <summary>The values of an enumeration as the command line has them: "timed-out" for <c>TimedOut</c>.</summary>
internal static class Words
{
    /// <summary>The word for a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, index) => char.IsUpper(c) ? (index > 0 ? "-" : string.Empty) + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>Every word but that for "not given".</summary>
    public static string[] All<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Where(value => !value.Equals(default(T))).Select(Of)];

    /// <summary>The value of a word.</summary>
    public static T Parse<T>(string word)
        where T : struct, Enum => Enum.Parse<T>(word.Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true);
}

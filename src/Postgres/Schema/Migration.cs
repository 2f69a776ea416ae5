using System.Globalization;

namespace ImageBuilder.Postgres.Schema;

/// <summary>One step from a version of the schema to the next; an embedded file <c>0001_name.sql</c>. One that was released is never changed.</summary>
/// <param name="Version">The version that it makes; the first is 1.</param>
/// <param name="Name">What it is about.</param>
public sealed record Migration(int Version, string Name)
{
    /// <summary>All there are, in order.</summary>
    public static IReadOnlyList<Migration> All { get; } =
    [
        .. typeof(Migration).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(Parse),
    ];

    internal string ReadSql()
    {
        using var reader = new StreamReader(typeof(Migration).Assembly.GetManifestResourceStream($"{Version:D4}_{Name.Replace(' ', '_')}.sql")!);
        return reader.ReadToEnd();
    }

    private static Migration Parse(string file) => new(
        int.Parse(file.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture),
        Path.GetFileNameWithoutExtension(file)[5..].Replace('_', ' '));
}

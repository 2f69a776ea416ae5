using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ImageBuilder.Bob.Init;

/// <summary>What stands in a repository for a file that is kept in LFS (git-lfs, docs/spec.md).</summary>
/// <param name="Oid">SHA-256 of the file, in lower case hexadecimal.</param>
/// <param name="Size">Its length in bytes.</param>
internal sealed partial record LfsPointer(string Oid, long Size)
{
    /// <summary>A pointer is shorter than this many bytes.</summary>
    private const int MaximumLength = 1024;

    /// <summary>The pointer that <paramref name="file"/> holds; null when it is none, or no plain file.</summary>
    public static LfsPointer? Read(FileInfo file)
    {
        if (!file.Exists || file.LinkTarget is not null || file.Length is 0 or >= MaximumLength)
        {
            return null;
        }

        return Text().Match(File.ReadAllText(file.FullName, Encoding.UTF8)) is { Success: true } match
            && long.TryParse(match.Groups["size"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? new LfsPointer(match.Groups["oid"].Value, size)
            : null;
    }

    [GeneratedRegex(@"\Aversion https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:(?<oid>[0-9a-f]{64})\nsize (?<size>[0-9]+)\n?\z")]
    private static partial Regex Text();
}

using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime;

namespace ImageBuilder.Silo.Storage;

/// <summary>
/// Where the file of a state is: <c>type/state/shard/key.json</c>, over 256 shards by the key's hash, so that no folder grows large.
/// A key that is no plain short name is cut to what is plain in it, and its hash is added; the file itself holds the whole key.
/// </summary>
internal sealed class GrainStatePaths(string folder)
{
    private const int LongestPlainName = 100;
    private const int LongestReadablePart = 48;

    public string PathOf(string stateName, GrainId grainId)
    {
        var key = grainId.Key.ToString()!;
        return Path.Combine(folder, NameOf(grainId.Type.ToString()!), NameOf(stateName), HashOf(key)[..2], NameOf(key) + ".json");
    }

    // '~' is in no plain name, so that a cut name is never another's plain one.
    private static string NameOf(string text) => IsPlain(text)
        ? text
        : string.Concat(text.Take(LongestReadablePart).Select(c => IsPlain(c) ? c : '_')) + "~" + HashOf(text);

    private static bool IsPlain(string text) =>
        text.Length is > 0 and <= LongestPlainName && text[0] != '.' && text.All(IsPlain);

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}

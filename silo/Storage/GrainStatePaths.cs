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
    private const string Extension = ".json";
    private const int LongestPlainName = 100;
    private const int LongestReadablePart = 48;

    public string PathOf(string stateName, GrainId grainId)
    {
        var key = grainId.Key.ToString()!;
        return Path.Combine(FolderOf(stateName, grainId.Type), HashOf(key)[..2], NameOf(key) + Extension);
    }

    /// <summary>The plain keys of a type's grains that have a file; of others the file name does not tell the key.</summary>
    public IEnumerable<string> KeysOf(string stateName, GrainType type)
    {
        var root = new DirectoryInfo(FolderOf(stateName, type));
        return root.Exists
            ? root.EnumerateFiles("*" + Extension, SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file.Name)).Where(IsPlain)
            : [];
    }

    private string FolderOf(string stateName, GrainType type) => Path.Combine(folder, NameOf(type.ToString()!), NameOf(stateName));

    // '~' is in no plain name, so that a cut name is never another's plain one.
    private static string NameOf(string text) => IsPlain(text)
        ? text
        : string.Concat(text.Take(LongestReadablePart).Select(c => IsPlain(c) ? c : '_')) + "~" + HashOf(text);

    private static bool IsPlain(string text) =>
        text.Length is > 0 and <= LongestPlainName && text[0] != '.' && text.All(IsPlain);

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}

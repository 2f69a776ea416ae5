using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>What an image is, without what differs from one build of it to the next: the times, and the hashes that the times go into.</summary>
/// <param name="Config">Its configuration.</param>
/// <param name="Files">A line for each file that a container of it has.</param>
public sealed partial record FlatImage(string Config, IReadOnlyList<string> Files)
{
    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";

    /// <summary>Pulls <paramref name="image"/> from the stage's registry.</summary>
    public static async Task<FlatImage> PullAsync(BuildStage stage, string image)
    {
        using var folder = new TemporaryFolder();
        await Command.CheckAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--authfile", stage.Registry.AuthFile, $"docker://{image}", $"dir:{folder.Path}"]);
        JsonNode Read(string name) => JsonNode.Parse(File.ReadAllText(folder[name]))!;
        string Blob(JsonNode descriptor) => descriptor["digest"]!.GetValue<string>()["sha256:".Length..];
        var manifest = Read("manifest.json");
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var layer in manifest["layers"]!.AsArray())
        {
            await AddAsync(files, folder[Blob(layer!)]);
        }

        return new FlatImage(Timeless(Read(Blob(manifest["config"]!))), [.. files.Select(file => $"{file.Key} {file.Value}")]);
    }

    private static string Timeless(JsonNode config)
    {
        foreach (var name in new[] { "created", "rootfs", "container", "id", "parent" })
        {
            config.AsObject().Remove(name);
        }

        foreach (var step in config["history"]!.AsArray())
        {
            step!.AsObject().Remove("created");
        }

        return Hash().Replace(config.ToJsonString(), "#");
    }

    private static async Task AddAsync(SortedDictionary<string, string> files, string layer)
    {
        await using var file = File.OpenRead(layer);
        await using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        List<(string Name, string What)> added = [];
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            var path = entry.Name.TrimEnd('/');
            var (folder, name) = (Path.GetDirectoryName(path) ?? string.Empty, Path.GetFileName(path));
            if (name == Opaque)
            {
                Remove(files, folder + "/");
            }
            else if (name.StartsWith(Whiteout, StringComparison.Ordinal))
            {
                var gone = Path.Join(folder, name[Whiteout.Length..]);
                files.Remove(gone);
                Remove(files, gone + "/");
            }
            else
            {
                added.Add((path, $"{entry.EntryType} {Convert.ToString((int)entry.Mode, 8)} {entry.Uid}:{entry.Gid} {entry.LinkName} {entry.Length} {await HashAsync(entry)}"));
            }
        }

        added.ForEach(entry => files[entry.Name] = entry.What);
    }

    private static async Task<string> HashAsync(TarEntry entry) =>
        entry.DataStream is null ? string.Empty : Convert.ToHexStringLower(await SHA256.HashDataAsync(entry.DataStream));

    private static void Remove(SortedDictionary<string, string> files, string prefix)
    {
        foreach (var below in files.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            files.Remove(below);
        }
    }

    [GeneratedRegex("[0-9a-f]{12,64}")]
    private static partial Regex Hash();
}

using System.Text;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Git;

/// <summary>A bare git repository in a folder. The same commits give the same ids, whenever and wherever they are made.</summary>
public sealed class GitRepository
{
    // Neither the user's configuration nor the machine's takes part.
    internal static readonly Dictionary<string, string> Variables = new()
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_COUNT"] = "1",
        ["GIT_CONFIG_KEY_0"] = "safe.directory",
        ["GIT_CONFIG_VALUE_0"] = "*",
        ["GIT_TERMINAL_PROMPT"] = "0",
    };

    private GitRepository(string folder) => Folder = folder;

    /// <summary>The folder that holds it.</summary>
    public string Folder { get; }

    /// <summary>Makes an empty repository, in place of what <paramref name="folder"/> held.</summary>
    public static async Task<GitRepository> CreateAsync(string folder, CancellationToken cancellationToken = default)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        await Command.CheckAsync("git", ["init", "--quiet", "--bare", "--initial-branch=main", folder], variables: Variables, cancellationToken: cancellationToken);
        return new GitRepository(folder);
    }

    /// <summary>
    /// Commits exactly <paramref name="files"/> (path to text) and symbolic <paramref name="links"/> (path to target) on top of <paramref name="branch"/>, and gives
    /// the commit's id.
    /// </summary>
    public async Task<string> CommitAsync(
        IReadOnlyDictionary<string, string> files, string branch = "main", IReadOnlyDictionary<string, string>? links = null, CancellationToken cancellationToken = default)
    {
        var head = await Command.RunAsync("git", ["-C", Folder, "rev-parse", "--verify", "--quiet", $"refs/heads/{branch}"], variables: Variables, cancellationToken: cancellationToken);
        var stream = new StringBuilder()
            .Append($"commit refs/heads/{branch}\n")
            .Append("committer Sandbox <sandbox@localhost> 1767225600 +0000\n")
            .Append("data 6\nsample\n");
        if (head.ExitCode == 0)
        {
            stream.Append($"from {head.Output.Trim()}\n");
        }

        stream.Append("deleteall\n");
        var entries = files.Select(file => (Mode: "100644", Path: file.Key, Text: file.Value)).Concat((links ?? new Dictionary<string, string>()).Select(link => (Mode: "120000", Path: link.Key, Text: link.Value)));
        foreach (var (mode, path, text) in entries.OrderBy(entry => entry.Path, StringComparer.Ordinal))
        {
            stream.Append($"M {mode} inline {path}\n").Append($"data {Encoding.UTF8.GetByteCount(text)}\n{text}\n");
        }

        await Command.CheckAsync("git", ["-C", Folder, "fast-import", "--quiet"], stream.ToString(), Variables, cancellationToken: cancellationToken);
        return await Command.CheckAsync("git", ["-C", Folder, "rev-parse", $"refs/heads/{branch}"], variables: Variables, cancellationToken: cancellationToken);
    }
}

using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Bob.Processes;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// A folder of one build beside the engine's storage, for its configuration and what it puts down meanwhile. Whoever holds its lock is alive; what
/// a killed builder left behind is found by its folder and removed by the next one.
/// </summary>
internal sealed class EngineFolder : IAsyncDisposable
{
    private const string LockFile = "lock";

    private readonly FileStream _lock;

    private readonly Dictionary<string, string> _locations = [];

    private EngineFolder(string root, FileStream lockFile)
    {
        Root = root;
        _lock = lockFile;
    }

    /// <summary>Its path, which no other build has ever had.</summary>
    public string Root { get; }

    /// <summary>The folder that the engine takes hooks from: none. Its path is written into each working container, and so says whose it is.</summary>
    public string Hooks => Path.Combine(Root, "hooks");

    /// <summary>Receives the id of the image that was built.</summary>
    public string ImageIdFile => Path.Combine(Root, "image");

    /// <summary>The engine's home. A configuration of registries that lies in a home is the only one that keeps the engine from reading the machine's aliases.</summary>
    public string Home => Path.Combine(Root, "home");

    /// <summary>Which registries the engine may take images from.</summary>
    public string PolicyFile => Path.Combine(Root, "policy.json");

    /// <summary>The engine's temporary files. A build's own, so that no two owners share a cache mount, which the engine keeps there.</summary>
    public string Temporary => Path.Combine(Root, "tmp");

    /// <summary>The builder's control groups, as <c>/proc/self/cgroup</c> says them; those of its steps lie below or beside.</summary>
    public string CgroupFile => Path.Combine(Root, "cgroup");

    /// <summary>The engine's credentials, under the name that docker gives them: none but the proxy's password.</summary>
    public string CredentialsFile => Path.Combine(Root, "config.json");

    /// <summary>Creates one below <paramref name="parent"/>.</summary>
    public static EngineFolder Create(string parent)
    {
        string root;
        FileStream? held;
        do
        {
            root = Path.Combine(parent, Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            held = TryHold(root);
        }
        while (held is null);
        var folder = new EngineFolder(root, held);
        Directory.CreateDirectory(folder.Hooks);
        File.WriteAllText(folder.CgroupFile, File.ReadAllText("/proc/self/cgroup"));
        Directory.CreateDirectory(folder.Temporary);
        return folder;
    }

    /// <summary>Gives the engine its credentials: <paramref name="login"/>, if there is one, for <paramref name="hosts"/>, names of the proxy, and no other.</summary>
    public void Admit(RegistryCredential? login, params IEnumerable<string> hosts)
    {
        IEnumerable<KeyValuePair<string, JsonNode?>> auths = login is null ? [] : hosts.Select(host => KeyValuePair.Create(host, (JsonNode?)new JsonObject { ["auth"] = login.Auth }));
        File.WriteAllText(CredentialsFile, new JsonObject { ["auths"] = new JsonObject(auths) }.ToJsonString());
    }

    /// <summary>The folders below <paramref name="parent"/> whose builders are gone, locked by the caller from now on.</summary>
    public static IEnumerable<EngineFolder> Abandoned(string parent)
    {
        foreach (var root in Directory.EnumerateDirectories(parent))
        {
            // Otherwise its builder is alive, or another one is just removing it.
            if (TryHold(root) is { } held)
            {
                yield return new EngineFolder(root, held);
            }
        }
    }

    /// <summary>When the oldest of the folders below <paramref name="parent"/> was made.</summary>
    public static DateTimeOffset StartOfOldest(string parent) =>
        Directory.EnumerateDirectories(parent).Select(root => Path.Combine(root, LockFile)).Where(File.Exists).Select(File.GetLastWriteTimeUtc).DefaultIfEmpty(DateTime.UnixEpoch).Min();

    /// <summary>Writes what makes the engine go to <paramref name="proxy"/> for <paramref name="registries"/>, and nowhere else.</summary>
    public void Configure(string proxy, IEnumerable<string> registries)
    {
        var locations = new StringBuilder("unqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"disabled\"\n");
        var scopes = new StringBuilder();
        foreach (var registry in registries)
        {
            _locations[registry] = $"{proxy}/ns/{ProxyRouter.NamedPath(registry)}";
            locations.Append($"\n[[registry]]\nprefix = \"{registry}\"\nlocation = \"{_locations[registry]}\"\ninsecure = true\n");
            scopes.Append(scopes.Length == 0 ? string.Empty : ",").Append($"\"{registry}\":[{{\"type\":\"insecureAcceptAnything\"}}]");
        }

        var folder = Directory.CreateDirectory(Path.Combine(Home, ".config", "containers"));
        File.WriteAllText(Path.Combine(folder.FullName, "registries.conf"), locations.ToString());
        File.WriteAllText(PolicyFile, $"{{\"default\":[{{\"type\":\"reject\"}}],\"transports\":{{\"docker\":{{{scopes}}}}}}}");
    }

    /// <summary>The engine's words with each registry by its own name, not by its place on the proxy.</summary>
    public string WithoutProxy(string output) => _locations.Aggregate(output, (text, location) => text.Replace(location.Value, location.Key, StringComparison.Ordinal));

    /// <summary>Removes the folder and all that is in it.</summary>
    public async ValueTask DisposeAsync()
    {
        // While something in it is still mounted some of it stays; the next builder tries again, since nobody holds the lock.
        _ = TryRemoveOwn() || await FolderRemoval.TryRemoveAsync(Root);
        await _lock.DisposeAsync();
    }

    // When no step has left a file, which is most often so, no program is needed.
    private bool TryRemoveOwn()
    {
        try
        {
            if (!new DirectoryInfo(Temporary).EnumerateFileSystemInfos().All(entry => entry.LinkTarget is not null || entry is DirectoryInfo folder && !folder.EnumerateFileSystemInfos().Any()))
            {
                return false;
            }

            Directory.Delete(Root, recursive: true);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Until its lock is held a new folder looks abandoned: then somebody has it, or it was removed just before the lock was had.
    private static FileStream? TryHold(string root)
    {
        try
        {
            var file = Path.Combine(root, LockFile);
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (File.Exists(file))
            {
                return held;
            }

            held.Dispose();
            return null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

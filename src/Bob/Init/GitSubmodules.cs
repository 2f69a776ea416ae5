using System.Net.Sockets;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// Fetches the submodules of a context, level by level: what they are is the word of strangers, so each address is looked at before git goes there,
/// git is told the addresses of its host, and how many there may be is bounded.
/// </summary>
internal sealed class GitSubmodules(Git git, GitRemote remote, ForeignServers servers, bool isShallow)
{
    private const int MaximumDepth = 10;
    private const int MaximumCount = 1000;
    private const int MaximumFile = 1 << 20;

    private const string Prefix = "submodule.";

    private readonly List<string> _pins = [];
    private int _count;

    /// <summary>Fetches those of the repository in <paramref name="folder"/>, and theirs.</summary>
    /// <param name="folder">A work tree.</param>
    /// <param name="fetched">Is told each submodule's folder and remote when its files are there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BobException">One cannot be had, or may not be.</exception>
    public Task UpdateAsync(string folder, Func<string, GitRemote, Task> fetched, CancellationToken cancellationToken) => UpdateAsync(folder, fetched, depth: 1, cancellationToken);

    private async Task UpdateAsync(string folder, Func<string, GitRemote, Task> fetched, int depth, CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Combine(folder, ".gitmodules"));
        if (!file.Exists)
        {
            return;
        }

        Require(file.LinkTarget is null && file.Length <= MaximumFile, $".gitmodules must be a file of at most {MaximumFile} bytes");
        Require(depth <= MaximumDepth, $"its submodules lie in one another more than {MaximumDepth} deep");
        await git.CheckAsync(["-C", folder, "submodule", "--quiet", "init"], cancellationToken);
        var submodules = await ReadAsync(folder, cancellationToken);
        Require((_count += submodules.Count) <= MaximumCount, $"it has more than {MaximumCount} submodules");
        foreach (var (name, address) in submodules)
        {
            submodules[name] = await AdmitAsync(folder, name, address, cancellationToken);
        }

        await FetchAsync(folder, submodules, cancellationToken);
        foreach (var (name, path) in (await ListAsync(folder, ["--file", ".gitmodules"], "path", cancellationToken)).Reverse().DistinctBy(entry => entry.Name))
        {
            if (submodules.TryGetValue(name, out var address) && Find(folder, path) is { } place)
            {
                await fetched(place, address);
                await UpdateAsync(place, fetched, depth + 1, cancellationToken);
            }
        }
    }

    // Git took the last path that is given for a name, and only if the repository has a submodule there; whether it did is not to be relied on.
    private static string? Find(string folder, string path) =>
        Workspace.RealPath(Path.Combine(folder, path)) is { } place && place.StartsWith(Workspace.RealPath(folder) + "/", StringComparison.Ordinal) && File.Exists(Path.Combine(place, ".git"))
            ? place
            : null;

    private async Task FetchAsync(string folder, Dictionary<string, GitRemote> submodules, CancellationToken cancellationToken)
    {
        for (var redirected = new HashSet<string>(); ;)
        {
            try
            {
                string[] update = ["submodule", "--quiet", "update", "--checkout", .. isShallow ? ["--depth=1"] : Array.Empty<string>()];
                await git.CheckAsync([.. _pins, "-C", folder, .. update], cancellationToken);
                return;
            }
            catch (GitRedirectException redirect) when (redirected.Add(redirect.Address))
            {
                var end = await servers.FollowAsync(redirect.Address, cancellationToken);
                foreach (var (name, _) in submodules.Where(submodule => submodule.Value.Address.TrimEnd('/') == redirect.Address).ToList())
                {
                    submodules[name] = end;
                    await AdmitAsync(folder, name, end, cancellationToken);
                }
            }
        }
    }

    private async Task<Dictionary<string, GitRemote>> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var submodules = new Dictionary<string, GitRemote>(StringComparer.Ordinal);
        foreach (var (name, text) in await ListAsync(folder, ["--local"], "url", cancellationToken))
        {
            Require(GitRemote.TryParse(text, out var address, out var reason), $"the address of submodule \"{Shown.Of(name)}\" cannot be used: {reason}");
            submodules[name] = address!;
        }

        return submodules;
    }

    /// <summary>Checks where a submodule is, and has git ask exactly there: what was checked is what is spelled out to it.</summary>
    private async Task<GitRemote> AdmitAsync(string folder, string name, GitRemote address, CancellationToken cancellationToken)
    {
        if (address.Server.Length == 0)
        {
            // Over ssh only known hosts are talked to.
            return address;
        }

        var target = new Uri(address.Address);
        var addresses = await servers.CheckAsync(target, cancellationToken);
        if (addresses.Length > 0 && target.HostNameType == UriHostNameType.Dns)
        {
            var spelled = addresses.Select(one => one.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{one}]" : $"{one}");
            _pins.AddRange(["-c", $"http.curloptResolve={target.IdnHost}:{target.Port}:{string.Join(',', spelled)}"]);
        }

        await git.CheckAsync(["-C", folder, "config", "--local", $"{Prefix}{name}.url", address.WithLogin], cancellationToken);
        return address;
    }

    /// <summary>The settings submodule.NAME.<paramref name="key"/>, by name.</summary>
    private async Task<IEnumerable<(string Name, string Value)>> ListAsync(string folder, string[] where, string key, CancellationToken cancellationToken)
    {
        var entries = await git.ListAsync(["-C", folder, "config", .. where, "--null", "--get-regexp", $@"^submodule\..*\.{key}$"], cancellationToken);
        return entries
            .Select(entry => entry.Split('\n', 2))
            .Where(entry => entry.Length == 2)
            .Select(entry => (entry[0][Prefix.Length..^(key.Length + 1)], entry[1]));
    }

    private void Require(bool isSo, string problem)
    {
        if (!isSo)
        {
            throw GitFailure.Because(remote.Address, problem);
        }
    }
}

namespace ImageBuilder.Launchers.Process;

/// <summary>Runs the process that builds in the network that its proxy made for it.</summary>
internal static class OwnNetwork
{
    // The name server that is reached from the network; see bob proxy --uplink.
    private const string NameServer = "10.0.2.3";

    // Waits for the proxy, which makes the network, enters it, and there sees the build's own name servers.
    private const string Enter = """
        until [ -s "$0" ]; do sleep 0.01; done
        exec nsenter --net="$(cat "$0")" unshare --mount sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$@"
        """;

    private static readonly string[] Programs = ["nsenter", "unshare", "mount", "ip"];

    private const string UplinkProgram = "slirp4netns";

    /// <summary>What starts <paramref name="command"/> in the attempt's network.</summary>
    public static async Task<string[]> PrepareAsync(AttemptFolder folder, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        var search = File.Exists("/etc/resolv.conf")
            ? (await File.ReadAllLinesAsync("/etc/resolv.conf", cancellationToken)).Where(line => line.StartsWith("search ", StringComparison.Ordinal))
            : [];
        await File.WriteAllLinesAsync(folder.NameServers, [$"nameserver {NameServer}", .. search], cancellationToken);
        return ["/bin/sh", "-c", Enter, folder.Network, folder.NameServers, .. command];
    }

    /// <summary>The programs that <paramref name="network"/> takes and that PATH, or the administrators' folders, do not have.</summary>
    public static IEnumerable<string> MissingPrograms(BuildNetwork network) => MissingPrograms(
        network, [.. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"]);

    /// <summary>As the other, of what <paramref name="folders"/> do not have.</summary>
    internal static IEnumerable<string> MissingPrograms(BuildNetwork network, IReadOnlyCollection<string> folders)
    {
        string[] needed = network switch
        {
            BuildNetwork.Host => [],
            BuildNetwork.None => Programs,
            _ => [.. Programs, UplinkProgram],
        };
        return needed.Where(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program))));
    }
}

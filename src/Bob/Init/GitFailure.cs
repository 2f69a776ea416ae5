using System.Text.RegularExpressions;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Init;

/// <summary>What git's own words mean. Git runs with LC_ALL=C, so they are always these.</summary>
internal static partial class GitFailure
{
    private const int MaximumLength = 500;

    /// <summary>The failure that <paramref name="output"/>, the end of git's errors, tells of.</summary>
    public static BobException Explain(string address, GitTarget mode, string target, string output)
    {
        var problem = true switch
        {
            _ when OutOfDisk.IsIn(output) => null,
            _ when Says(output, "Host key verification failed") =>
                "the server's ssh host key is not known: add it to /etc/ssh/ssh_known_hosts of the builder, or to the file that BOB_SSH_KNOWN_HOSTS names",
            _ when Says(output, "could not read Username", "could not read Password", "Authentication failed", "returned error: 401", "returned error: 403", "Permission denied (", "HTTP Basic: Access denied") =>
                "access denied: the repository asks for credentials that the request does not have, or it does not exist",
            _ when Says(output, "returned error: 404", "not found", "does not appear to be a git repository", "not valid: is this a git repository") && !Says(output, "Remote branch", "couldn't find remote ref") =>
                "repository not found: check its address",
            _ when mode == GitTarget.RemoteCommit && Says(output, "not our ref", "unadvertised object", "couldn't find remote ref", "not a tree", "unable to read tree", "unknown revision", "did not match any file") =>
                $"commit \"{target}\" not found in the repository",
            _ when Says(output, "Remote branch", "couldn't find remote ref") && mode == GitTarget.RemoteBranch =>
                $"branch \"{target}\" not found in the repository",
            _ when Says(output, "couldn't find remote ref HEAD", "remote HEAD refers to nonexistent ref", "You appear to have cloned an empty repository", "did not match any file") =>
                "the repository is empty: it has no commit that HEAD points to",
            _ when Says(output, "Could not resolve host", "Failed to connect", "Couldn't connect", "Connection refused", "Connection timed out", "Operation timed out", "Operation too slow", "Network is unreachable", "No route to host", "Empty reply", "SSL", "TLS", "certificate", "returned error: 5", "Connection reset", "hung up") =>
                $"repository unreachable: {LastLine(output)}",
            _ when Says(output, "transport '", "not allowed") => "the repository, or one of its submodules, uses a transport that is not allowed; only http, https and ssh are",
            _ => $"git failed: {LastLine(output)}",
        };
        return problem is null
            ? new BobException(FailureReason.OutOfDisk, OutOfDisk.Message)
            : Because(address, problem);
    }

    /// <summary>The failure that <paramref name="problem"/> is.</summary>
    public static BobException Because(string address, string problem) =>
        new(FailureReason.ContextUnavailable, $"build failed: cannot fetch the build context from {address}: {problem}");

    /// <summary>The address that git did not follow a redirect of, as it shows it; null when it failed for another reason.</summary>
    public static string? RedirectedAddress(string output) => Redirected().Match(output) is { Success: true } match ? match.Groups["address"].Value.TrimEnd('/') : null;

    private static bool Says(string output, params ReadOnlySpan<string> phrases)
    {
        foreach (var phrase in phrases)
        {
            if (output.Contains(phrase, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string LastLine(string output)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.LastOrDefault(line => line.StartsWith("fatal:", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "no reason given";
        return line.Length <= MaximumLength ? line : line[..MaximumLength];
    }

    [GeneratedRegex("unable to access '(?<address>[^']*)': The requested URL returned error: 30[12378]")]
    private static partial Regex Redirected();
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// Git as build contexts are fetched with it. Neither the machine's configuration nor the repository takes part: no hooks, no templates, no helpers, no
/// transports but http, https and ssh, no redirects, no question to a terminal, and none of the machine's own ssh keys.
/// </summary>
internal sealed partial class Git
{
    private const int MaximumList = 16 << 20;

    // ALL_PROXY in capitals is read by curl; HTTP_PROXY is not, for a web server's client could set it.
    private static readonly string[] Forwarded =
        ["SSH_AUTH_SOCK", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    private readonly string _folder;
    private readonly GitInitializer _initializer;
    private readonly GitRemote _remote;
    private readonly string[] _secrets;
    private readonly List<string> _settings;
    private readonly Dictionary<string, string> _variables = new()
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
        ["HOME"] = "/nonexistent",
        ["LC_ALL"] = "C",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_ATTR_NOSYSTEM"] = "1",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_ASKPASS"] = "/bin/false",
        ["GIT_ALLOW_PROTOCOL"] = "http:https:ssh",
        // ssh finds its keys by the user's entry in passwd, whatever HOME says.
        ["GIT_SSH_COMMAND"] = $"ssh {string.Join(' ', SshOptions())}",
    };

    /// <summary>Git for one context.</summary>
    /// <param name="folder">The folder that it works in.</param>
    /// <param name="initializer">What is fetched.</param>
    /// <param name="remote">The repository, for messages.</param>
    /// <param name="login">What opens it; null for nothing.</param>
    /// <param name="authorities">A PEM file of the certificate authorities that are trusted; null for the system's.</param>
    public Git(string folder, GitInitializer initializer, GitRemote remote, GitLogin? login, string? authorities)
    {
        _folder = folder;
        _initializer = initializer;
        _remote = remote;
        // Git is not known to show them; but only this process knows what must not be shown.
        _secrets = login is null ? [] : [.. login.Secrets, initializer.AuthOts];
        _settings = [.. Settings(initializer), .. login is null ? Array.Empty<string>() : ["-c", login.Setting]];
        foreach (var name in Forwarded)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                _variables[name] = value;
            }
        }

        if (authorities is not null)
        {
            _variables["GIT_SSL_CAINFO"] = authorities;
        }
    }

    /// <summary>Runs git and gives its exit code and the end of its output.</summary>
    public Task<CommandResult> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        ForegroundCommand.RunAsync("git", [.. _settings, .. arguments], _variables, _folder, silent: false, _secrets, cancellationToken);

    /// <summary>Runs git.</summary>
    /// <exception cref="GitRedirectException">The server sends elsewhere.</exception>
    /// <exception cref="BobException">It failed.</exception>
    public async Task CheckAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (exitCode, tail) = await RunAsync(arguments, cancellationToken);
        if (exitCode != 0)
        {
            throw Explain(tail);
        }
    }

    /// <summary>Runs git and gives what it lists, each item ended by a NUL; nothing when it finds nothing.</summary>
    /// <exception cref="BobException">It failed, or lists more than 16 MiB.</exception>
    public async Task<string[]> ListAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await CapturedCommand.RunAsync("git", [.. _settings, .. arguments], _variables, _folder, MaximumList, cancellationToken);
        return (exitCode, output) switch
        {
            (_, null) => throw GitFailure.Because(_remote.Address, $"a list of what the repository has is longer than {MaximumList} bytes"),
            (0, _) => Encoding.UTF8.GetString(output).Split('\0', StringSplitOptions.RemoveEmptyEntries),
            (1, { Length: 0 }) => [],
            _ => throw Explain(Encoding.UTF8.GetString(output)),
        };
    }

    /// <summary>Runs <paramref name="command"/>, as its shell reads it, on the server of <paramref name="place"/>, by the same ssh as git.</summary>
    /// <returns>Its exit code, ssh's where that fails, and what both wrote; null when that is longer than <paramref name="limit"/> bytes.</returns>
    public Task<(int ExitCode, byte[]? Output)> RunOnServerAsync(SshPlace place, string command, int limit, CancellationToken cancellationToken)
    {
        string[] port = place.Port is { } number ? ["-p", number.ToString(CultureInfo.InvariantCulture)] : [];
        return CapturedCommand.RunAsync("ssh", [.. SshOptions(), "-oLogLevel=ERROR", .. port, "--", place.Target, command], _variables, _folder, limit, cancellationToken);
    }

    /// <summary>What a failure of git means.</summary>
    public Exception Explain(string tail) => GitFailure.RedirectedAddress(tail) is { } address
        ? new GitRedirectException(address)
        : GitFailure.Explain(_remote.Address, _initializer.TargetMode, _initializer.CloneTarget, tail);

    private static List<string> Settings(GitInitializer initializer)
    {
        List<string> settings =
        [
            "-c", "credential.helper=",
            "-c", "core.hooksPath=/dev/null",
            "-c", "core.fsmonitor=false",
            "-c", "safe.bareRepository=explicit",
            "-c", "http.followRedirects=false",
            "-c", "gc.auto=0",
            "-c", "maintenance.auto=false",
            "-c", "advice.detachedHead=false",
            "-c", "core.logAllRefUpdates=false",
            "-c", "http.lowSpeedLimit=1",
            "-c", "http.lowSpeedTime=60",
        ];
        foreach (var (name, value) in initializer.CustomConfig)
        {
            if (GitSettings.IsAllowed(name))
            {
                settings.AddRange(["-c", $"{name}={value}"]);
            }
            else
            {
                Console.WriteLine("ignored a setting of git that a build may not make; allowed are line endings, http transfer limits and the user's name");
            }
        }

        return settings;
    }

    private static string[] SshOptions() =>
        ["-oBatchMode=yes", "-oIdentityFile=none", "-oStrictHostKeyChecking=yes", $"-oUserKnownHostsFile={KnownHosts()}", "-oConnectTimeout=30"];

    // The machine's own, /etc/ssh/ssh_known_hosts, count beside it.
    private static string KnownHosts() => Environment.GetEnvironmentVariable("BOB_SSH_KNOWN_HOSTS") switch
    {
        null or "" => "/dev/null",
        var path when PlainPath().IsMatch(path) => path,
        _ => throw new UsageException("BOB_SSH_KNOWN_HOSTS: must be an absolute path of letters, digits and ./_-"),
    };

    [GeneratedRegex(@"\A/[A-Za-z0-9./_-]+\z")]
    private static partial Regex PlainPath();
}

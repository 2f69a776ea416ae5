using System.Text.RegularExpressions;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// Fetches a build context with git. Neither the machine's configuration nor the repository takes part: no hooks, no templates, no helpers, no
/// transports but http, https and ssh, no question to a terminal, and none of the machine's own ssh keys.
/// </summary>
internal sealed partial class GitContext(Workspace workspace, GitInitializer initializer, string? authorities, ContextLimits limits, TimeProvider time)
{
    /// <summary>How long fetching may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly Dictionary<string, string> _variables = new()
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
        ["HOME"] = "/nonexistent",
        ["LC_ALL"] = "C",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_ASKPASS"] = "/bin/false",
        ["GIT_ALLOW_PROTOCOL"] = "http:https:ssh",
        // ssh finds its keys by the user's entry in passwd, whatever HOME says.
        ["GIT_SSH_COMMAND"] = $"ssh -oBatchMode=yes -oIdentityFile=none -oStrictHostKeyChecking=yes -oUserKnownHostsFile={KnownHosts()} -oConnectTimeout=30",
    };

    private readonly GitRemote _remote = GitRemote.Parse(initializer.RemoteUri);

    // Git is not known to show them; but only this process knows what must not be shown.
    private string[] _secrets = [];

    /// <summary>Fetches the context into the workspace.</summary>
    /// <exception cref="BobException">It cannot be had.</exception>
    public async Task FetchAsync(CancellationToken cancellationToken)
    {
        CheckTarget();
        var destination = Path.GetFullPath(Path.Combine(workspace.Root, initializer.CheckoutLocation.TrimStart('/')));
        _ = workspace.Resolve(destination, out _);
        ForwardVariables("SSH_AUTH_SOCK", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR");
        if (authorities is not null)
        {
            _variables["GIT_SSL_CAINFO"] = authorities;
        }

        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var clone = Path.Combine(workspace.Root, $".bob-{Guid.NewGuid():N}");
        try
        {
            using var login = await OpenLoginAsync(either.Token);
            await limits.HoldAsync(clone, _remote.Address, ending => CloneAsync(clone, Settings(login), ending), time, either.Token);
            ContextFolder.Move(clone, destination, isWorkspace: destination == workspace.Root);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BobException(FailureReason.ContextUnavailable, $"build failed: cannot fetch the build context from {_remote.Address}: it took longer than {Patience.TotalMinutes:0} minutes");
        }
        finally
        {
            if (Directory.Exists(clone))
            {
                Directory.Delete(clone, recursive: true);
            }
        }
    }

    private async Task CloneAsync(string folder, List<string> settings, CancellationToken cancellationToken)
    {
        var shallow = !initializer.FullClone;
        List<string> depth = shallow ? ["--depth=1", "--no-tags"] : [];
        List<string> clone = ["clone", "--quiet", "--template=", .. depth, .. shallow ? ["--single-branch"] : Array.Empty<string>()];
        var target = initializer.CloneTarget;
        switch (initializer.TargetMode)
        {
            case GitTarget.RemoteBranch:
                await CheckAsync([.. settings, .. clone, $"--branch={target}", "--", _remote.Address, folder], cancellationToken);
                break;
            case GitTarget.LocalBranch:
                await CheckAsync([.. settings, .. clone, "--", _remote.Address, folder], cancellationToken);
                await CheckAsync([.. settings, "-C", folder, "checkout", "--quiet", "-B", target], cancellationToken);
                break;
            case GitTarget.RemoteCommit:
                await CloneCommitAsync(folder, settings, depth, cancellationToken);
                break;
            default:
                await CheckAsync([.. settings, .. clone, "--", _remote.Address, folder], cancellationToken);
                break;
        }

        // Every clone of a commit is to be the same files, byte for byte, or COPY . would never be found in the layer cache: no times in the index, no logs.
        await CheckAsync([.. settings, "-C", folder, "read-tree", "HEAD"], cancellationToken);
        File.Delete(Path.Combine(folder, ".git", "FETCH_HEAD"));
        if (File.Exists(Path.Combine(folder, ".gitmodules")))
        {
            await CheckAsync([.. settings, "-C", folder, "submodule", "--quiet", "update", "--init", "--recursive", .. shallow ? ["--depth=1"] : Array.Empty<string>()], cancellationToken);
        }
    }

    // Servers need not give out a commit that no branch or tag points to; then only its history can be asked for.
    private async Task CloneCommitAsync(string folder, List<string> settings, List<string> depth, CancellationToken cancellationToken)
    {
        var commit = initializer.CloneTarget;
        await CheckAsync([.. settings, "init", "--quiet", "--template=", folder], cancellationToken);
        await CheckAsync([.. settings, "-C", folder, "remote", "add", "origin", _remote.Address], cancellationToken);
        if (depth.Count > 0 && FullCommit().IsMatch(commit))
        {
            var (exitCode, tail) = await RunAsync([.. settings, "-C", folder, "fetch", "--quiet", .. depth, "origin", commit], cancellationToken);
            if (exitCode == 0)
            {
                await CheckAsync([.. settings, "-C", folder, "checkout", "--quiet", "--detach", "FETCH_HEAD"], cancellationToken);
                return;
            }

            if (!tail.Contains("not our ref", StringComparison.Ordinal) && !tail.Contains("unadvertised object", StringComparison.Ordinal))
            {
                throw GitFailure.Explain(_remote.Address, initializer.TargetMode, commit, tail);
            }
        }

        await CheckAsync([.. settings, "-C", folder, "fetch", "--quiet", "--tags", "origin"], cancellationToken);
        await CheckAsync([.. settings, "-C", folder, "checkout", "--quiet", "--detach", commit, "--"], cancellationToken);
    }

    private async Task<GitLogin?> OpenLoginAsync(CancellationToken cancellationToken)
    {
        var (user, password) = initializer.AuthMethod switch
        {
            GitAuthentication.Basic => (initializer.AuthUser, initializer.AuthPassword),
            GitAuthentication.BasicOts => await OneTimeSecret.FetchAsync(initializer.AuthOts, authorities, cancellationToken),
            _ => (_remote.User, _remote.Password),
        };
        if ((user.Length == 0 && password.Length == 0) || _remote.Server.Length == 0)
        {
            return null;
        }

        _secrets = [.. Redaction.FormsOf(user, password), initializer.AuthOts];
        return $"{user}{password}".AsSpan().ContainsAny('\n', '\r', '\0')
            ? throw new BobException(FailureReason.ContextUnavailable, "build failed: the user or password for the repository has a line break in it")
            : new GitLogin(_remote.Server, user, password);
    }

    private List<string> Settings(GitLogin? login)
    {
        List<string> settings =
        [
            "-c", "credential.helper=",
            "-c", "core.hooksPath=/dev/null",
            "-c", "core.fsmonitor=false",
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

        if (login is not null)
        {
            settings.AddRange(["-c", login.Setting]);
        }

        return settings;
    }

    private async Task CheckAsync(List<string> arguments, CancellationToken cancellationToken)
    {
        var (exitCode, tail) = await RunAsync(arguments, cancellationToken);
        if (exitCode != 0)
        {
            throw GitFailure.Explain(_remote.Address, initializer.TargetMode, initializer.CloneTarget, tail);
        }
    }

    private Task<(int ExitCode, string Tail)> RunAsync(List<string> arguments, CancellationToken cancellationToken) =>
        ForegroundCommand.RunAsync("git", arguments, _variables, workspace.Root, silent: false, _secrets, cancellationToken);

    private void ForwardVariables(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                _variables[name] = value;
            }
        }
    }

    private void CheckTarget()
    {
        var target = initializer.CloneTarget;
        var valid = initializer.TargetMode switch
        {
            GitTarget.RemoteHead => true,
            GitTarget.RemoteCommit => Commit().IsMatch(target),
            _ => BranchName().IsMatch(target) && !ForbiddenInBranch().IsMatch(target),
        };
        if (!valid)
        {
            var what = initializer.TargetMode == GitTarget.RemoteCommit ? "commit" : "branch";
            throw new BobException(FailureReason.ContextUnavailable, $"build failed: \"{Shorten(target)}\" is no valid name of a {what}");
        }
    }

    // The machine's own, /etc/ssh/ssh_known_hosts, count beside it.
    private static string KnownHosts() => Environment.GetEnvironmentVariable("BOB_SSH_KNOWN_HOSTS") switch
    {
        null or "" => "/dev/null",
        var path when PlainPath().IsMatch(path) => path,
        _ => throw new UsageException("BOB_SSH_KNOWN_HOSTS: must be an absolute path of letters, digits and ./_-"),
    };

    private static string Shorten(string text) => new([.. text.Take(200).Select(character => char.IsControl(character) ? '?' : character)]);

    [GeneratedRegex(@"\A/[A-Za-z0-9./_-]+\z")]
    private static partial Regex PlainPath();

    [GeneratedRegex(@"\A(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})\z")]
    private static partial Regex FullCommit();

    [GeneratedRegex(@"\A[0-9a-fA-F]{7,64}\z")]
    private static partial Regex Commit();

    [GeneratedRegex(@"\A[^-./\x00-\x20\x7f~^:?*\[\\][^\x00-\x20\x7f~^:?*\[\\]{0,250}\z")]
    private static partial Regex BranchName();

    // git-check-ref-format(1)
    [GeneratedRegex(@"\.\.|@\{|//|/\.|\.lock(?:/|\z)|[./]\z")]
    private static partial Regex ForbiddenInBranch();
}

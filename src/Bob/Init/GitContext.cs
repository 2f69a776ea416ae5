using System.Text.RegularExpressions;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Init;

/// <summary>Fetches a build context with git.</summary>
internal sealed partial class GitContext(Workspace workspace, GitInitializer initializer, string? authorities, ContextLimits limits, TimeProvider time)
{
    /// <summary>How long fetching may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly GitRemote _remote = GitRemote.Parse(initializer.RemoteUri);

    /// <summary>Fetches the context into the workspace.</summary>
    /// <exception cref="BobException">It cannot be had.</exception>
    public async Task FetchAsync(CancellationToken cancellationToken)
    {
        CheckTarget();
        var destination = Path.GetFullPath(Path.Combine(workspace.Root, initializer.CheckoutLocation.TrimStart('/')));
        _ = workspace.Resolve(destination, out _);
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var clone = Path.Combine(workspace.Root, $".bob-{Guid.NewGuid():N}");
        try
        {
            using var login = await OpenLoginAsync(either.Token);
            var git = new Git(workspace.Root, initializer, _remote, login, authorities);
            await limits.HoldAsync(clone, _remote.Address, ending => FillAsync(clone, git, login, ending), time, either.Token);
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

    private async Task FillAsync(string folder, Git git, GitLogin? login, CancellationToken cancellationToken)
    {
        using var servers = new ForeignServers(_remote, authorities);
        var remote = await CloneAsync(folder, git, servers, cancellationToken);

        // Every clone of a commit is to be the same files, byte for byte, or COPY . would never be found in the layer cache: no times in the index, no logs.
        await git.CheckAsync(["-C", folder, "read-tree", "HEAD"], cancellationToken);
        File.Delete(Path.Combine(folder, ".git", "FETCH_HEAD"));
        var lfs = new LfsFiles(git, _remote, servers, login);
        Task FetchAsync(string place, GitRemote source) => lfs.FetchAsync(place, source, Path.Combine(folder, ".git", "bob-lfs"), cancellationToken);
        await FetchAsync(folder, remote);
        await new GitSubmodules(git, _remote, servers, isShallow: !initializer.FullClone).UpdateAsync(folder, FetchAsync, cancellationToken);
    }

    /// <summary>Clones the repository, and gives where it turned out to be.</summary>
    private async Task<GitRemote> CloneAsync(string folder, Git git, ForeignServers servers, CancellationToken cancellationToken)
    {
        try
        {
            await CloneAsync(folder, git, _remote.Address, cancellationToken);
            return _remote;
        }
        catch (GitRedirectException)
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            var moved = await servers.FollowAsync(_remote.Address, cancellationToken);
            await CloneAsync(folder, git, moved.Address, cancellationToken);
            return moved;
        }
    }

    private async Task CloneAsync(string folder, Git git, string address, CancellationToken cancellationToken)
    {
        var shallow = !initializer.FullClone;
        List<string> depth = shallow ? ["--depth=1", "--no-tags"] : [];
        List<string> clone = ["clone", "--quiet", "--template=", .. depth, .. shallow ? ["--single-branch"] : Array.Empty<string>()];
        var target = initializer.CloneTarget;
        switch (initializer.TargetMode)
        {
            case GitTarget.RemoteBranch:
                await git.CheckAsync([.. clone, $"--branch={target}", "--", address, folder], cancellationToken);
                break;
            case GitTarget.LocalBranch:
                await git.CheckAsync([.. clone, "--", address, folder], cancellationToken);
                await git.CheckAsync(["-C", folder, "checkout", "--quiet", "-B", target], cancellationToken);
                break;
            case GitTarget.RemoteCommit:
                await CloneCommitAsync(folder, git, address, depth, cancellationToken);
                break;
            default:
                await git.CheckAsync([.. clone, "--", address, folder], cancellationToken);
                break;
        }
    }

    // Servers need not give out a commit that no branch or tag points to; then only its history can be asked for.
    private async Task CloneCommitAsync(string folder, Git git, string address, List<string> depth, CancellationToken cancellationToken)
    {
        var commit = initializer.CloneTarget;
        await git.CheckAsync(["init", "--quiet", "--template=", folder], cancellationToken);
        await git.CheckAsync(["-C", folder, "remote", "add", "origin", address], cancellationToken);
        if (depth.Count > 0 && FullCommit().IsMatch(commit))
        {
            var (exitCode, tail) = await git.RunAsync(["-C", folder, "fetch", "--quiet", .. depth, "origin", commit], cancellationToken);
            if (exitCode == 0)
            {
                await git.CheckAsync(["-C", folder, "checkout", "--quiet", "--detach", "FETCH_HEAD"], cancellationToken);
                return;
            }

            if (!tail.Contains("not our ref", StringComparison.Ordinal) && !tail.Contains("unadvertised object", StringComparison.Ordinal))
            {
                throw git.Explain(tail);
            }
        }

        await git.CheckAsync(["-C", folder, "fetch", "--quiet", "--tags", "origin"], cancellationToken);
        await git.CheckAsync(["-C", folder, "checkout", "--quiet", "--detach", commit, "--"], cancellationToken);
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

        return $"{user}{password}".AsSpan().ContainsAny('\n', '\r', '\0')
            ? throw new BobException(FailureReason.ContextUnavailable, "build failed: the user or password for the repository has a line break in it")
            : new GitLogin(_remote.Server, user, password);
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
            throw new BobException(FailureReason.ContextUnavailable, $"build failed: \"{Shown.Of(target)}\" is no valid name of a {what}");
        }
    }

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

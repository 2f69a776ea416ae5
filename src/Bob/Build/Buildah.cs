using System.ComponentModel;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// Builds and pushes with buildah. The storage is shared by builds of all owners, as a layer cache; that is safe because every image that a
/// Dockerfile names is asked for at its registry again, with what this build may use, even where the storage has it.
/// </summary>
internal sealed class Buildah : IEngine
{
    /// <summary>
    /// What the engine calls the proxy when it pushes. It remembers by registry which layers are there already, and the proxy's port is another in
    /// every build; under one name, layers that were pushed once are not compressed and sent again.
    /// </summary>
    private const string PushHost = "proxy.bob";

    private const string LayerUnknown = ": layer not known";
    private const int DamageTries = 4;

    private readonly BuildSettings _settings;
    private readonly TimeProvider _time;
    private readonly BuildahStorage _storage;
    private readonly EngineFolder _folder;
    private readonly List<EngineFolder> _abandoned = [];
    private IDisposable? _use;
    private Task<PreparedShell>? _builder;
    private Task<PreparedShell>? _pusher;

    /// <summary>Prepares a build.</summary>
    public Buildah(BuildSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _storage = new BuildahStorage(settings.StorageRoot);
        Directory.CreateDirectory(Builds);
        _folder = EngineFolder.Create(Builds);
        _folder.Admit(settings.ProxyLogin, settings.Base.Domain, PushHost);
    }

    private string Builds => Path.Combine(_settings.StorageRoot, "builds");

    private string Graph => _storage.Graph;

    private string Runtime => Path.Combine(_folder.Root, "runtime");

    private IEnumerable<string> Storage => ["--root", Graph, "--runroot", Path.Combine(_settings.StorageRoot, "run")];

    private Dictionary<string, string> Variables => new()
    {
        ["PATH"] = EnginePrograms.Path,
        ["HOME"] = _folder.Home,
        ["TMPDIR"] = _folder.Temporary,
        ["LC_ALL"] = "C",
        ["REGISTRY_AUTH_FILE"] = _folder.CredentialsFile,
        ["CONTAINERS_CONF"] = "/dev/null",
    };

    /// <inheritdoc />
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _builder = StartShellAsync();
        var containers = WorkingContainer.ReadAll(Graph);
        _use = await _storage.UseAsync(_time, cancellationToken);
        _abandoned.AddRange(EngineFolder.Abandoned(Builds));
        await RemoveAbandonedAsync(cancellationToken);
        await RemoveStrayAsync(containers, cancellationToken);
    }

    /// <inheritdoc />
    public async Task BuildAsync(BuildInput input, CancellationToken cancellationToken) =>
        await PushAsync(await MakeAsync(input, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_builder);
        await EndAsync(_pusher);
        await RemoveAbandonedAsync(CancellationToken.None);
        _use?.Dispose();
        await Pruning.RunAsync(PruneAsync, _time, Console.Error);
        await _folder.DisposeAsync();
    }

    private Task PruneAsync(CancellationToken cancellationToken) => _storage.PruneAsync(
        _settings.CacheLimit, command => RunAsync([.. Storage, .. command], Variables, _folder.Root, silent: true, cancellationToken), cancellationToken);

    // Gives the image's id.
    private async Task<string> MakeAsync(BuildInput input, CancellationToken cancellationToken)
    {
        _folder.Configure(_settings.Base.Domain, input.Dockerfile.Registries);
        var caches = PrepareCaches();
        StepRuntime.Write(Runtime, Graph, [input.Context, caches]);
        List<string> arguments =
        [
            .. Storage, "build",
            "--format", "docker", "--isolation", "oci", "--runtime", Runtime, "--network", _settings.Network,
            // A step that sends packets as it likes would go around the routes of its network.
            "--cap-drop", "CAP_NET_RAW",
            "--layers", "--pull-always", "--http-proxy=false", "--signature-policy", _folder.PolicyFile, "--hooks-dir", _folder.Hooks,
            "--iidfile", _folder.ImageIdFile, "--file", input.DockerfilePath,
            .. Extras,
        ];
        if (_settings.NoCache || DependsOnMounts(input.Dockerfile))
        {
            arguments.Add("--no-cache");
        }

        Directory.CreateDirectory(Graph);
        var use = new BuildahDiskUse(_storage, _folder.Hooks, [_folder.Temporary, caches]);
        return await new DiskLimit(Graph, use.CountAsync, _time).KeepAsync(
            _settings.DiskLimit, stop => RunBuildsAsync([.. arguments, input.Context], input.Context, use, stop), cancellationToken);
    }

    // Until the storage is whole.
    private async Task<string> RunBuildsAsync(IReadOnlyList<string> arguments, string context, BuildahDiskUse use, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (failure, isDamaged) = await RunBuildAsync(arguments, context, use, cancellationToken);
            if (!isDamaged || tries == DamageTries)
            {
                return failure is not null ? throw failure
                    : isDamaged ? throw EngineFailure.Explain(FailureReason.Internal, "builds that were killed left damaged layers time and again, in the way of this one; build again")
                    : ReadImageId();
            }

            await Console.Out.WriteLineAsync("\nA build that was killed left a layer half written, in the way of this one, which begins again.");
            if (_storage.DamagedImages() is { Count: > 0 } images)
            {
                await RunAsync([.. Storage, "rmi", .. images], Variables, _folder.Root, silent: true, cancellationToken);
            }
        }
    }

    // With whether the storage is damaged: then a build that succeeds may have made something wrong, and one that fails need not fail.
    private async Task<(BobException? Failure, bool IsDamaged)> RunBuildAsync(IReadOnlyList<string> arguments, string context, BuildahDiskUse use, CancellationToken cancellationToken)
    {
        var completed = false;
        try
        {
            await using var shell = await (Interlocked.Exchange(ref _builder, null) ?? StartShellAsync());
            var running = shell.RunAsync("buildah", arguments, new Dictionary<string, string>(), context, _settings.Extras.Secrets.Values, cancellationToken);
            _pusher ??= StartShellAsync();
            var (exitCode, tail) = await running;
            completed = exitCode == 0;
            var failure = completed ? null : EngineFailure.OfBuild(_folder.WithoutProxy(tail));
            var isDamaged = failure is null ? _storage.DamagedImages().Contains(ReadImageId()) : MetDamage(failure);
            if (isDamaged)
            {
                use.LeaveOutLost();
            }

            return (failure, isDamaged);
        }
        finally
        {
            if (!completed)
            {
                await RemoveContainersAsync(_folder, CancellationToken.None);
            }
        }
    }

    private bool MetDamage(BobException failure) =>
        failure.Message.EndsWith(LayerUnknown, StringComparison.Ordinal)
        || _storage.DamagedImages(out var layers).Count > 0
        || WorkingContainer.ReadAll(Graph).Any(container => layers.Has(container.Layer) && !layers.IsWhole(container.Layer) && container.IsOf(_folder.Hooks));

    private string ReadImageId()
    {
        var id = File.ReadAllText(_folder.ImageIdFile);
        return id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    // The engine looks up a step by its text. What a mount shows it does not count: a changed file would go unseen, and what a step made of an owner's secrets and
    // caches would pass for another owner's.
    private bool DependsOnMounts(Dockerfile dockerfile) =>
        dockerfile.HasBindMounts || (_settings.Owner.Length > 0 && (dockerfile.HasCacheMounts || dockerfile.HasSecretMounts));

    // The engine keeps cache mounts in a folder of this name beside its temporary files.
    private string PrepareCaches()
    {
        var folder = Path.Combine(_folder.Temporary, "buildah-cache");
        if (_settings.Owner.Length == 0)
        {
            return Directory.CreateDirectory(folder).FullName;
        }

        var caches = _storage.CacheOf(_settings.Owner);
        Directory.CreateSymbolicLink(folder, caches);
        return caches;
    }

    private IEnumerable<string> Extras =>
    [
        .. _settings.Extras.Arguments.SelectMany(argument => (string[])["--build-arg", $"{argument.Key}={argument.Value}"]),
        .. _settings.Extras.Labels.SelectMany(label => (string[])["--label", $"{label.Key}={label.Value}"]),
        .. _settings.Extras.Stage.Length > 0 ? (string[])["--target", _settings.Extras.Stage] : [],
        .. _settings.Extras.Platform.Length > 0 ? (string[])["--platform", _settings.Extras.Platform] : [],
        .. _settings.Extras.Secrets.Arguments,
    ];

    // With the kind of manifest that keeps all that a Dockerfile can say.
    private async Task PushAsync(string image, CancellationToken cancellationToken)
    {
        var proxy = _settings.Base;
        var variables = new Dictionary<string, string> { ["HTTP_PROXY"] = $"http://{proxy.Domain}", ["HTTPS_PROXY"] = $"http://{proxy.Domain}" };
        string[] arguments =
        [
            .. Storage, "push",
            "--format", "v2s2", "--tls-verify=false", "--signature-policy", _folder.PolicyFile, image, $"docker://{PushHost}/{proxy.Path}:{proxy.Tag ?? "latest"}",
        ];
        await using var shell = await (Interlocked.Exchange(ref _pusher, null) ?? StartShellAsync());
        var (exitCode, tail) = await shell.RunAsync("buildah", arguments, variables, _folder.Root, secrets: [], cancellationToken);
        if (exitCode != 0)
        {
            throw EngineFailure.OfPush(_folder.WithoutProxy(tail));
        }
    }

    private Task<PreparedShell> StartShellAsync() => PreparedShell.StartAsync(Variables, _folder.Root);

    private static async Task EndAsync(Task<PreparedShell>? shell)
    {
        try
        {
            await (shell is null ? ValueTask.CompletedTask : (await shell).DisposeAsync());
        }
        catch (Win32Exception)
        {
            // It was not needed, and could not be started.
        }
    }

    private async Task RemoveAbandonedAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in _abandoned.ToList())
        {
            try
            {
                await RemoveContainersAsync(folder, cancellationToken);
                await folder.DisposeAsync();
                _abandoned.Remove(folder);
            }
            catch (IOException)
            {
                // Something of it is in use, by what was killed with its builder and has not ended yet: this is tried again at the end, and by a later builder.
            }
        }
    }

    // After a failure, and when it is killed, the engine leaves its working containers, and the runtime what it knows of a running step. Others' are there too, so only those are removed that name this folder.
    private async Task RemoveContainersAsync(EngineFolder folder, CancellationToken cancellationToken)
    {
        // A folder that somebody could not remove to its end may have lost either; its containers were removed before.
        foreach (var bundle in Directory.Exists(folder.Temporary) && File.Exists(folder.CgroupFile) ? Directory.EnumerateDirectories(folder.Temporary, "buildah*") : [])
        {
            var container = $"buildah-{Path.GetFileName(bundle)}";
            await ForegroundCommand.RunAsync("runc", ["delete", "--force", container], Variables, _folder.Root, silent: true, secrets: [], cancellationToken);
            StepCgroups.Remove(container, File.ReadLines(folder.CgroupFile));
        }

        await RemoveAsync([.. WorkingContainer.ReadAll(Graph).Where(container => container.IsOf(folder.Hooks))], cancellationToken);
    }

    // Of those listed before this builder held the storage.
    private async Task RemoveStrayAsync(IReadOnlyList<WorkingContainer> before, CancellationToken cancellationToken)
    {
        var oldest = before.Count > 0 ? EngineFolder.StartOfOldest(Builds) : default;
        List<WorkingContainer> stray = [];
        foreach (var container in before.Intersect(WorkingContainer.ReadAll(Graph)))
        {
            if (container.IsOfNoneIn(Builds))
            {
                stray.Add(container);
            }
            else if (container.Created < oldest && !File.Exists(container.NoteFile))
            {
                // The engine was killed before it noted whose it is. It is older than every builder that is alive, so none of these made it.
                container.Note();
                stray.Add(container);
            }
        }

        await RemoveAsync(stray, cancellationToken);
        foreach (var folder in WorkingContainer.UnlistedFolders(Graph))
        {
            _ = await FolderRemoval.TryRemoveAsync(folder);
        }
    }

    private async Task RemoveAsync(List<WorkingContainer> containers, CancellationToken cancellationToken)
    {
        if (containers.Count > 0)
        {
            await RunAsync([.. Storage, "rm", .. containers.Select(container => container.Id)], Variables, _folder.Root, silent: true, cancellationToken);
        }
    }

    private static Task<CommandResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string folder, bool silent, CancellationToken cancellationToken) =>
        ForegroundCommand.RunAsync(Confinement.Program, [.. Confinement.Of("buildah"), .. arguments], variables, folder, silent, secrets: [], cancellationToken);
}

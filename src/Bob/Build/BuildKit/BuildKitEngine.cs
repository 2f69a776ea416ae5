using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>
/// Builds and pushes with BuildKit, by a daemon that is given or one of the build's own. What leads images to the proxy comes with each build and
/// not with the daemon's configuration, so one daemon serves builds with different proxies: every image that the Dockerfile names is given as a
/// named context at its place on the proxy, and a source policy denies the others.
/// </summary>
internal sealed class BuildKitEngine : IEngine
{
    // Others see what every step reads, secrets and cache mounts of any name included. These are the ones that BuildKit's own project makes.
    private static readonly string[] s_frontends = ["docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream"];

    private const string BuildsFolder = "builds";

    private const int SharedPullTries = 8;
    private const int PruneTries = 20;
    private static readonly TimeSpan s_pruneInterval = TimeSpan.FromMilliseconds(50);

    // What is kept of a context is brought up to date file by file, which costs more than to remove many files; measured with 2,000, a quarter more for the whole build.
    private const int MaximumKeptEntries = 64;
    private const long MaximumKeptBytes = 16 << 20;

    // As a shell says that a program was ended by signal 9.
    private const int Killed = 128 + 9;

    private readonly BuildSettings _settings;
    private readonly RegistryClient _registry;
    private readonly TimeProvider _time;
    private readonly EngineFolder _folder;
    private BuildKitDaemon? _daemon;
    private bool _hasContexts;
    private bool _keepsContexts;

    /// <summary>Prepares a build, whose images <paramref name="registry"/> asks the proxy for.</summary>
    public BuildKitEngine(BuildSettings settings, RegistryClient registry, TimeProvider time)
    {
        _settings = settings;
        _registry = registry;
        _time = time;
        Directory.CreateDirectory(Builds);
        _folder = EngineFolder.Create(Builds);
        _folder.Admit(settings.ProxyLogin, settings.Base.Domain);
    }

    private string Storage => Path.Combine(_settings.StorageRoot, BuildKitRoot.Parent);

    private string Builds => Path.Combine(Storage, BuildsFolder);

    // Each of the storages has a share.
    private long CacheLimit => _settings.CacheLimit / Math.Max(1, BuildKitRoot.Count(Storage));

    private Buildctl Buildctl => new(_daemon?.Address ?? _settings.BuildKitAddress, _folder.Root);

    /// <inheritdoc />
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await RemoveAbandonedAsync(Builds);
        if (_settings.BuildKitAddress.Length == 0)
        {
            var root = await BuildKitRoot.TakeAsync(Storage, cancellationToken);
            _daemon = await BuildKitDaemon.StartAsync(
                root, new BuildKitDaemonSettings { CacheLimit = CacheLimit, PlainHttpRegistry = _settings.Base.Domain }, _time, cancellationToken);
        }
    }

    /// <summary>Removes what killed builders left in the engine's storage below <paramref name="storageRoot"/>.</summary>
    public static async Task CleanAsync(string storageRoot, CancellationToken cancellationToken)
    {
        var storage = Path.Combine(storageRoot, BuildKitRoot.Parent);
        if (Directory.Exists(storage))
        {
            await RemoveAbandonedAsync(Directory.CreateDirectory(Path.Combine(storage, BuildsFolder)).FullName);
            await using var root = await BuildKitRoot.TakeAsync(storage, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async Task BuildAsync(BuildInput input, CancellationToken cancellationToken)
    {
        if (_daemon is { } own)
        {
            _hasContexts = true;
            await TakeContextsAsync(own, cancellationToken);
        }

        var images = ProxiedImages.Find(input.Dockerfile, _settings.Base.Domain);
        await RequireDigestsAsync(input.Dockerfile, images, cancellationToken);
        var hasOwnTimes = Task.Run(() => HasOwnTimes(input, images), cancellationToken);
        var contexts = await PinAsync(images, cancellationToken);
        var policy = Path.Combine(_folder.Root, "policy.json");
        await File.WriteAllTextAsync(policy, SourcePolicy.OnlyFrom(_settings.Base.Domain), cancellationToken);
        List<string> arguments =
        [
            "build", "--progress", "plain", "--frontend", "dockerfile.v0",
            "--local", $"context={input.Context}", .. await DockerfileArgumentsAsync(input, images, cancellationToken),
            .. Options(input.Dockerfile, images, contexts).SelectMany(option => (string[])["--opt", option]),
            "--source-policy-file", policy,
            // Build information would hold the proxy's address, another one in every build.
            "--output", $"type=image,name={_settings.Base.RepositoryName}:{_settings.Base.Tag ?? "latest"},push=true,oci-mediatypes=true,buildinfo=false",
            .. _settings.Extras.Secrets.Arguments,
            .. await RegistryCacheAsync(input.Dockerfile, cancellationToken),
            .. NeedsFreshSteps(input.Dockerfile) ? (string[])["--no-cache"] : [],
        ];
        var keepsContexts = await hasOwnTimes;
        string[] secrets = [.. _settings.Extras.Secrets.Values, _settings.Cache?.Path ?? string.Empty];
        var (exitCode, tail) = await KeepDiskLimitAsync(stop => RunAsync(arguments, secrets, stop), cancellationToken);
        _keepsContexts = keepsContexts && exitCode == 0;
        if (exitCode != 0 && BuildKitFailure.IsOfLogAlone(tail))
        {
            await Console.Out.WriteLineAsync("\nA step wrote faster than BuildKit hands on what it writes. The image is built; some of its log is missing here.");
        }
        else if (exitCode == Killed || _daemon is { IsRunning: false })
        {
            throw EngineFailure.Explain(FailureReason.BuildStepFailed, "the engine was killed");
        }
        else if (exitCode != 0)
        {
            var failure = BuildKitFailure.Of(tail, images);
            throw await WithReasonAsync(failure, images, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_hasContexts && _daemon is { IsRunning: true } daemon)
        {
            await Pruning.RunAsync(stop => PruneAsync(daemon, stop), _time, Console.Error);
        }

        await Task.WhenAll(_daemon?.DisposeAsync().AsTask() ?? Task.CompletedTask, _folder.DisposeAsync().AsTask());
    }

    private Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, string[] secrets, CancellationToken cancellationToken) => _daemon is { } own
        ? RunAsync(own, arguments, secrets, cancellationToken)
        : RunBesideOthersAsync(arguments, secrets, cancellationToken);

    // The client starts beside its own daemon, and may give up before that answers.
    private async Task<CommandResult> RunAsync(BuildKitDaemon own, IReadOnlyList<string> arguments, string[] secrets, CancellationToken cancellationToken)
    {
        var result = await Buildctl.RunAsync(arguments, silent: false, secrets, cancellationToken);
        if (result.ExitCode == 0 || own.Answering.IsCompletedSuccessfully)
        {
            return result;
        }

        await own.Answering.WaitAsync(cancellationToken);
        return await Buildctl.RunAsync(arguments, silent: false, secrets, cancellationToken);
    }

    // What others of the same daemon got in the way of is tried again, after another moment for each.
    private async Task<CommandResult> RunBesideOthersAsync(IReadOnlyList<string> arguments, string[] secrets, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var result = await Buildctl.RunAsync(arguments, silent: false, secrets, cancellationToken);
            if (result.ExitCode == 0 || tries == SharedPullTries || !BuildKitFailure.IsOfSharedPull(result.Tail, _settings.Base.Domain))
            {
                return result;
            }

            await Console.Out.WriteLineAsync("\nOther builds were pulling the same image, in the way of this one, which begins again.");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 500) * tries), _time, cancellationToken);
        }
    }

    // Whether the daemon cannot take another build's files for this one's. A frontend of the Dockerfile's choice, and what lies outside of the context, may be compared in another way.
    private static bool HasOwnTimes(BuildInput input, ProxiedImages images) =>
        input.Dockerfile.Syntax is null && images.Collisions.Count == 0
        && input.DockerfilePath.StartsWith(input.Context + "/", StringComparison.Ordinal)
        && ContextTimes.TryMakeOwn(input.Context, MaximumKeptEntries, MaximumKeptBytes);

    // The daemon takes a file of another build's context for one of this build's that has the same path, size and time. Those of a build that was killed or failed, half sent perhaps, are still there.
    private static async Task TakeContextsAsync(BuildKitDaemon daemon, CancellationToken cancellationToken)
    {
        if (File.Exists(daemon.ContextsFile))
        {
            await daemon.Answering.WaitAsync(cancellationToken);
            using var control = new BuildKitControl(daemon.Socket);
            try
            {
                await control.PruneContextsAsync(cancellationToken);
            }
            catch (IOException exception)
            {
                throw new BobException(FailureReason.Internal, $"build failed: {exception.Message}");
            }
        }
        else
        {
            await File.WriteAllBytesAsync(daemon.ContextsFile, [], cancellationToken);
        }
    }

    private async Task PruneAsync(BuildKitDaemon daemon, CancellationToken cancellationToken)
    {
        if (_keepsContexts && daemon.IsWithin(CacheLimit))
        {
            File.Delete(daemon.ContextsFile);
            return;
        }

        using var control = new BuildKitControl(daemon.Socket);
        await (_keepsContexts ? Task.CompletedTask : control.PruneContextsAsync(cancellationToken));
        File.Delete(daemon.ContextsFile);
        await PruneAsync(control, daemon, cancellationToken);
    }

    // What the build used the daemon lets go of a moment after its client has ended; until then that stays.
    private async Task PruneAsync(BuildKitControl control, BuildKitDaemon daemon, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            await control.PruneAsync(CacheLimit, cancellationToken);
            if (await control.UsedBytesAsync(cancellationToken) <= CacheLimit)
            {
                daemon.NotePruned(CacheLimit);
                return;
            }

            if (tries == PruneTries)
            {
                throw new IOException("buildkitd still uses it");
            }

            await Task.Delay(s_pruneInterval, _time, cancellationToken);
        }
    }

    private static async Task RemoveAbandonedAsync(string builds)
    {
        foreach (var folder in EngineFolder.Abandoned(builds))
        {
            await folder.DisposeAsync();
        }
    }

    // A step that may have seen a secret is no other owner's.
    private bool NeedsFreshSteps(Dockerfile dockerfile) => _settings.NoCache || (_settings.Owner.Length > 0 && dockerfile.HasSecretMounts);

    // What other builds share in a daemon that is given is not this one's to count. The folder of its own may not be there yet.
    private Task<T> KeepDiskLimitAsync<T>(Func<CancellationToken, Task<T>> build, CancellationToken cancellationToken)
    {
        var start = _time.GetUtcNow();
        return _daemon is null
            ? build(cancellationToken)
            : new DiskLimit(Storage, () => DiskCount.OfChangedAsync(_daemon.State, start), _time).KeepAsync(_settings.DiskLimit, build, cancellationToken);
    }

    // What a step made of a secret stays on this machine. A cache that cannot be written fails no build; one that is not there yet would be told as an error.
    private async Task<IEnumerable<string>> RegistryCacheAsync(Dockerfile dockerfile, CancellationToken cancellationToken)
    {
        if (_settings.Cache is not { } cache || dockerfile.HasSecretMounts)
        {
            return [];
        }

        var place = $"type=registry,ref={cache.RepositoryName}:{cache.Tag ?? "latest"}";
        return
        [
            "--export-cache", $"{place},mode=max,oci-mediatypes=true,ignore-error=true",
            .. !_settings.NoCache && await ExistsAsync(cache, cancellationToken) ? (string[])["--import-cache", place] : [],
        ];
    }

    private async Task<bool> ExistsAsync(ImageReference image, CancellationToken cancellationToken)
    {
        try
        {
            return await _registry.HeadManifestAsync(image, _settings.ProxyLogin, RegistryCall.Default, cancellationToken) is not null;
        }
        catch (RegistryException)
        {
            return false;
        }
    }

    // An image that is named by its digest and is in the storage would be used without asking whether this build may read it.
    private async Task RequireDigestsAsync(Dockerfile dockerfile, ProxiedImages images, CancellationToken cancellationToken)
    {
        foreach (var image in dockerfile.Images.Where(image => image.Digest is not null))
        {
            try
            {
                _ = await _registry.HeadManifestAsync(ImageReference.Parse(images.LocationOf(image)), _settings.ProxyLogin, RegistryCall.Patient, cancellationToken)
                    ?? throw EngineFailure.Explain(FailureReason.BaseImageNotFound, image.Familiar);
            }
            catch (RegistryException exception)
            {
                var failure = EngineFailure.Explain(
                    exception.Error switch
                    {
                        RegistryError.Denied or RegistryError.Unauthorized => FailureReason.BaseImageDenied,
                        RegistryError.RateLimited => FailureReason.RateLimited,
                        RegistryError.NotFound => FailureReason.BaseImageNotFound,
                        _ => FailureReason.BuildStepFailed,
                    },
                    images.WithoutProxy(exception.Message));
                throw await WithReasonAsync(failure, images, cancellationToken);
            }
        }
    }

    // The engine does not hand on why the proxy refused an image. Asked by somebody who listens, it says so again.
    private async Task<BobException> WithReasonAsync(BobException failure, ProxiedImages images, CancellationToken cancellationToken)
    {
        foreach (var location in failure.Reason != FailureReason.BaseImageDenied ? [] : images.Contexts.Values.Concat(images.Collisions.Values))
        {
            try
            {
                await _registry.GetManifestAsync(ImageReference.Parse(location), _settings.ProxyLogin, RegistryCall.Default, cancellationToken);
            }
            catch (RegistryException exception) when (exception.Error is RegistryError.Denied or RegistryError.Unauthorized)
            {
                return new BobException(failure.Reason, $"{failure.Message}: {images.WithoutProxy(exception.Message)}");
            }
            catch (RegistryException)
            {
                // Not what the engine met.
            }
        }

        return failure;
    }

    // Of a context's tag BuildKit asks the registry twice, of its digest once. So the digests are found out while the daemon starts; a registry that does not tell is left to the engine.
    private Task<KeyValuePair<string, string>[]> PinAsync(ProxiedImages images, CancellationToken cancellationToken) =>
        Task.WhenAll(images.Contexts.Select(context => PinAsync(context, cancellationToken)));

    private async Task<KeyValuePair<string, string>> PinAsync(KeyValuePair<string, string> context, CancellationToken cancellationToken)
    {
        var image = ImageReference.Parse(context.Value);
        try
        {
            return image.Digest is null && await _registry.HeadManifestAsync(image, _settings.ProxyLogin, RegistryCall.Default, cancellationToken) is { } manifest
                ? KeyValuePair.Create(context.Key, $"{context.Value}@{manifest.Digest}")
                : context;
        }
        catch (RegistryException)
        {
            return context;
        }
    }

    private IEnumerable<string> Options(Dockerfile dockerfile, ProxiedImages images, IEnumerable<KeyValuePair<string, string>> contexts)
    {
        foreach (var (name, location) in contexts)
        {
            yield return $"context:{name}=docker-image://{location}";
        }

        if (dockerfile.Syntax is { } syntax)
        {
            yield return s_frontends.Contains(syntax.RepositoryName)
                ? $"build-arg:BUILDKIT_SYNTAX={images.LocationOf(syntax)}"
                : throw new BobException(
                    FailureReason.BuildStepFailed,
                    $"build failed: the Dockerfile's line \"syntax={syntax.Familiar}\" names a frontend that is not allowed; use docker/dockerfile, or remove the line");
        }

        foreach (var (name, value) in _settings.Extras.Arguments)
        {
            yield return $"build-arg:{name}={value}";
        }

        foreach (var (name, value) in _settings.Extras.Labels)
        {
            yield return $"label:{name}={value}";
        }

        if (_settings.Extras.Stage.Length > 0)
        {
            yield return $"target={_settings.Extras.Stage}";
        }

        if (_settings.Extras.Platform.Length > 0)
        {
            yield return $"platform={_settings.Extras.Platform}";
        }

        if (_settings.Network == "none")
        {
            yield return "force-network-mode=none";
        }

        // Without an owner there is nobody to keep a cache for.
        yield return $"build-arg:BUILDKIT_CACHE_MOUNT_NS={(_settings.Owner.Length > 0 ? _settings.Owner : Path.GetFileName(_folder.Root))}";
    }

    private async Task<string[]> DockerfileArgumentsAsync(BuildInput input, ProxiedImages images, CancellationToken cancellationToken)
    {
        var (folder, name) = (Path.GetDirectoryName(input.DockerfilePath)!, Path.GetFileName(input.DockerfilePath));
        if (images.Collisions.Count > 0)
        {
            var text = await File.ReadAllTextAsync(input.DockerfilePath, cancellationToken);
            var ignored = input.DockerfilePath + ".dockerignore";
            folder = Directory.CreateDirectory(Path.Combine(_folder.Root, "dockerfile")).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, name), images.WithoutCollisions(text), cancellationToken);
            if (File.Exists(ignored))
            {
                File.Copy(ignored, Path.Combine(folder, name + ".dockerignore"));
            }
        }

        return ["--local", $"dockerfile={folder}", "--opt", $"filename={name}"];
    }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Storage;
using ImageBuilder.Registry.Credentials;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// Runs builds as processes of this machine. Each attempt has a folder and three process groups: `init` fetches the context, `proxy` has the
/// credentials, `build` has none. They start at once, since starting is most of what a build of cached layers costs: `build` waits for the
/// other two. They outlive this service; what they did is in the folder.
/// </summary>
public sealed partial class ProcessLauncher : IBuildLauncher, IAsyncDisposable
{
    private static readonly string[] InheritedVariables = ["SSL_CERT_DIR", "SSL_CERT_FILE"];

    // Not for `build`, which would hand them, and the passwords in them, to the RUN steps; it reaches nothing but its proxy.
    private static readonly string[] ProxyVariables = [.. new[] { "http_proxy", "https_proxy", "all_proxy", "no_proxy" }.SelectMany(name => (string[])[name, name.ToUpperInvariant()])];

    // For `init` alone: whoever reaches the agent can sign with its keys.
    private static readonly string[] InitVariables = ["SSH_AUTH_SOCK", "BOB_SSH_KNOWN_HOSTS", "BOB_CONTEXT_SIZE_LIMIT", "BOB_CONTEXT_FILES_LIMIT"];

    // Shorter than with everything escaped: a variable has a longest length.
    private static readonly JsonSerializerOptions VariableJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan SpareEndPatience = TimeSpan.FromSeconds(5);

    private readonly ProcessLauncherOptions _options;
    private readonly Keychain _keychain;
    private readonly TimeProvider _clock;
    private readonly ILogger<ProcessLauncher> _logger;
    private readonly IReadOnlyList<ControlGroupHierarchy> _hierarchies;
    private readonly string _groups;
    private readonly EngineCleaner _cleaner;
    private readonly SpareProxies _spares;
    private readonly ImmutableArray<AttemptId> _earlier;

    /// <summary>A launcher; one at a time uses a work folder.</summary>
    public ProcessLauncher(ProcessLauncherOptions options, Keychain keychain, TimeProvider clock, ILogger<ProcessLauncher> logger)
    {
        _options = options;
        _keychain = keychain;
        _clock = clock;
        _logger = logger;
        _cleaner = new EngineCleaner(options, logger);
        _hierarchies = ControlGroupHierarchy.Read();
        _groups = $"imagebuilder-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.WorkFolder)))[..8]}";
        _spares = new SpareProxies(options.SpareProxyLifetime, clock, StartSpareAsync);
        _earlier = Directory.Exists(options.WorkFolder)
            ? [.. Directory.EnumerateDirectories(options.WorkFolder).Select(folder => AttemptId.Parse(Path.GetFileName(folder))).OfType<AttemptId>()]
            : [];
        RemoveOldSpares();
        Swept = SweepAsync();
    }

    /// <summary>Ends when what an earlier service left, of which no attempt knows, is gone.</summary>
    internal Task Swept { get; }

    /// <summary>The attempts that an earlier service started and whose files are still here.</summary>
    public IReadOnlyList<AttemptId> FindEarlier() => [.. _earlier.Where(id => Directory.Exists(FolderOf(id).Root))];

    /// <inheritdoc />
    public async Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken)
    {
        if (OwnNetwork.MissingPrograms(_options.Network).ToList() is { Count: > 0 } missing)
        {
            LogProgramsMissing(_logger, string.Join(", ", missing));
            throw new LaunchException(FailureReason.LauncherUnavailable, $"the builder's network cannot be made: not on this machine: {string.Join(", ", missing)}");
        }

        var folder = FolderOf(id);
        BuilderProcess? proxy = null, init = null, build = null;
        ControlGroup? group = null;
        try
        {
            folder.Create();
            group = Group(id, folder);
            var credentials = await ProxyCredentials.ComposeAsync(_keychain, order, secrets.Access, MirrorHosts, CacheOf(order), cancellationToken);
            proxy = await StartProxyAsync(folder, order, credentials, cancellationToken);
            if (order is { BuildBase: true, Context: { } context })
            {
                init = await StartAsync(
                    folder, folder.Log, "init", [.. CaBundleArguments], [("BOB_WORKSPACE", folder.Workspace)], group, Initializer(context, secrets), cancellationToken);
            }
            else
            {
                await File.WriteAllBytesAsync(folder.Ready, [], cancellationToken);
            }

            build = await StartAsync(folder, folder.Log, "build", [], BuildVariables(folder, order), group, string.Empty, cancellationToken);
            var attempt = new ProcessAttempt(folder, proxy, init, build, group, _options, _cleaner.CleanAsync, _clock);
            _ = ReplenishAfterAsync(attempt);
            return attempt;
        }
        catch (Exception error)
        {
            foreach (var process in new[] { build, init, proxy }.OfType<BuilderProcess>())
            {
                process.KillGroup();
                await process.WaitForExitAsync(_clock, CancellationToken.None);
                process.Dispose();
            }

            await (group?.KillAsync() ?? Task.CompletedTask);
            group?.Remove();
            await RemoveAsync(folder);
            if (error is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
            {
                throw DiskFault.Explain(error) is { } full
                    ? new LaunchException(full.Reason, full.Message, error)
                    : new LaunchException(FailureReason.LauncherUnavailable, $"the builder could not be started: {error.Message}", error);
            }

            throw;
        }
    }

    /// <inheritdoc />
    public Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken)
    {
        var folder = FolderOf(id);
        IAttempt? attempt = Directory.Exists(folder.Root)
            ? new ProcessAttempt(
                folder,
                BuilderProcess.Find(folder.ProcessId("proxy")),
                BuilderProcess.Find(folder.ProcessId("init")),
                BuilderProcess.Find(folder.ProcessId("build")),
                ControlGroup.Find(folder.ControlGroup),
                _options,
                _cleaner.CleanAsync,
                _clock)
            : null;
        return Task.FromResult(attempt);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _spares.DisposeAsync();

    private async Task RemoveAsync(AttemptFolder folder)
    {
        try
        {
            await FolderRemoval.RemoveAsync(folder.Root);
        }
        catch (IOException error)
        {
            // Why nothing could be started is what the build is to tell.
            LogNotRemoved(_logger, error);
        }
    }

    private ControlGroup? Group(AttemptId id, AttemptFolder folder)
    {
        try
        {
            return ControlGroup.Create(_hierarchies, $"{_groups}/{id}", _options.Limits, folder.ControlGroup);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNoLimits(_logger, error);
            return null;
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            await Task.Yield();
            await ControlGroup.SweepAsync(_hierarchies, _groups, id => Directory.Exists(Path.Combine(_options.WorkFolder, id)));
            await _cleaner.CleanAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNotSwept(_logger, error);
        }
    }

    private static string Initializer(BuildContextSource context, BuildSecrets secrets) => new JsonObject
    {
        ["git"] = new JsonObject
        {
            ["remoteUri"] = context.RemoteUri,
            ["targetMode"] = context.Target.ToString(),
            ["cloneTarget"] = context.CloneTarget,
            ["checkoutLocation"] = context.CheckoutLocation,
            ["fullClone"] = context.FullClone,
            ["authMethod"] = context.Authentication switch
            {
                GitAuthentication.Basic => "Basic",
                GitAuthentication.BasicOneTimeSecret => "BasicOts",
                _ => "None",
            },
            ["authUser"] = context.AuthUser,
            ["authPassword"] = secrets.GitPassword,
            ["authOts"] = secrets.GitOneTimeSecretUrl,
        },
    }.ToJsonString();

    // Nobody in particular keeps nothing from one build to the next.
    private static string OwnerKey(string owner) =>
        owner.Length == 0 ? string.Empty : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(owner)))[..32];

    private static string BelowWorkspace(AttemptFolder folder, string path)
    {
        const string Workspace = "/workspace";
        var below = path == Workspace || path.StartsWith(Workspace + "/", StringComparison.Ordinal) ? path[Workspace.Length..] : path;
        return $"{folder.Workspace}/{below.TrimStart('/')}";
    }

    private List<(string Name, string Value)> BuildVariables(AttemptFolder folder, BuildOrder order)
    {
        // The base is asked for by its digest when it has one; the proxy knows which repository it is in.
        var digest = order.BaseRef.IndexOf('@', StringComparison.Ordinal);
        List<(string, string)> variables =
        [
            ("BOB_WORKSPACE", folder.Workspace),
            ("BOB_PROXY_ADDRESS_FILE", folder.ProxyAddress),
            ("BOB_PROXY_KEY_FILE", folder.ProxyKey),
            ("BOB_TARGET_REF", "localhost:8080/target:latest"),
            ("BOB_BASE_REF", digest < 0 ? "localhost:8080/base:latest" : $"localhost:8080/base{order.BaseRef[digest..]}"),
            ("BOB_BUILD_BASE", order.BuildBase ? "true" : "false"),
            ("BOB_STORAGE_ROOT", _options.StorageFolder),
            ("BOB_ENGINE", _options.Engine.ToString().ToLowerInvariant()),
            ("BOB_OWNER", OwnerKey(order.Owner)),
            ("BOB_DISK_LIMIT", _options.Limits.Disk.ToString(CultureInfo.InvariantCulture)),
            ("BOB_CACHE_LIMIT", _options.CacheLimit.ToString(CultureInfo.InvariantCulture)),
            // Its network is the build's own already, unless there is to be none.
            ("BOB_NETWORK", _options.Network == BuildNetwork.None ? "none" : "host"),
            ("BOB_NO_CACHE", order.NoCache ? "true" : "false"),
            .. Variables(order.Extras),
        ];
        if (CacheOf(order) is not null)
        {
            variables.Add(("BOB_CACHE_REF", "localhost:8080/cache:latest"));
        }

        if (order.Context is { } context)
        {
            var dockerfile = BelowWorkspace(folder, context.DockerfilePath);
            variables.Add(("BOB_DOCKERFILE_PATH", dockerfile));
            variables.Add((
                "BOB_CONTEXT_DIR",
                context.ContextPath.Length == 0 ? Path.GetDirectoryName(dockerfile)! : BelowWorkspace(folder, context.ContextPath)));
        }

        return variables;
    }

    private static IEnumerable<(string Name, string Value)> Variables(BuildExtras extras)
    {
        static string Json(ImmutableDictionary<string, string> values) => values.IsEmpty ? string.Empty : JsonSerializer.Serialize(values, VariableJson);
        (string Name, string Value)[] variables =
        [
            ("BOB_BUILD_ARGS", Json(extras.Arguments)), ("BOB_LABELS", Json(extras.Labels)), ("BOB_TARGET_STAGE", extras.Stage), ("BOB_PLATFORM", extras.Platform),
        ];
        return variables.Where(variable => variable.Value.Length > 0);
    }

    private async Task<BuilderProcess> StartProxyAsync(
        AttemptFolder folder, BuildOrder order, string credentials, CancellationToken cancellationToken)
    {
        if (_spares.TryTake() is { } spare)
        {
            try
            {
                var images = new JsonObject
                {
                    ["baseRef"] = order.BaseRef, ["targetRef"] = order.WorkspaceRef, ["cacheRef"] = CacheOf(order), ["credentials"] = JsonNode.Parse(credentials),
                };
                return await spare.GiveAsync(folder, images.ToJsonString(), cancellationToken);
            }
            catch
            {
                spare.Dispose();
                throw;
            }
        }

        return await StartAsync(
            folder,
            folder.ProxyLog,
            "proxy",
            [.. ProxyArguments(folder), "--credentials-stdin", "--base-ref", order.BaseRef, "--target-ref", order.WorkspaceRef, .. CacheOf(order) is { } cache ? (string[])["--cache-ref", cache] : []],
            [],
            group: null,
            credentials,
            cancellationToken);
    }

    private string? CacheOf(BuildOrder order) => RegistryCache.ReferenceFor(order, _options.CacheRepository);

    private IEnumerable<string> CaBundleArguments => _options.CaBundles.SelectMany(path => (string[])["--ca-bundle", path]);

    private IEnumerable<string> MirrorHosts => _options.Mirrors.Values.SelectMany(mirrors => mirrors).Select(mirror => mirror.Split('/')[0]).Distinct();

    private IEnumerable<string> ProxyArguments(AttemptFolder folder) =>
    [
        "--listen", "127.0.0.1:0",
        "--address-file", folder.ProxyAddress,
        "--key-file", folder.ProxyKey,
        .. NetworkArguments(folder),
        .. _options.PlainHttpHosts.SelectMany(host => (string[])["--plain-http", host]),
        .. _options.Mirrors.SelectMany(entry => entry.Value.SelectMany(mirror => (string[])["--mirror", $"{entry.Key}={mirror}"])),
        .. CaBundleArguments,
    ];

    private IEnumerable<string> NetworkArguments(AttemptFolder folder) => _options.Network switch
    {
        BuildNetwork.Host => [],
        BuildNetwork.None => ["--network-file", folder.Network],
        _ => ["--network-file", folder.Network, "--uplink", .. _options.DeniedNetworks.SelectMany(network => (string[])["--deny", network])],
    };

    private async Task<SpareProxy> StartSpareAsync()
    {
        var folder = new AttemptFolder(Path.Combine(_options.WorkFolder, $"{SpareProxy.FolderPrefix}{Guid.NewGuid():N}"));
        folder.Create();
        var process = await StartAsync(
            folder, folder.ProxyLog, "proxy", [.. ProxyArguments(folder), "--standby"], [], group: null, input: null, CancellationToken.None);
        return new SpareProxy(folder, process, _logger);
    }

    /// <summary>When a build is over, not while it needs the processors itself.</summary>
    private async Task ReplenishAfterAsync(ProcessAttempt attempt)
    {
        try
        {
            await ((Task)attempt.Completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _spares.ReplenishAsync();
        }
        catch (Exception error)
        {
            LogNoSpare(_logger, error);
        }
    }

    /// <summary>Removes the spares of an earlier service, which end with it, but perhaps not before this one starts.</summary>
    private void RemoveOldSpares()
    {
        if (Directory.Exists(_options.WorkFolder))
        {
            foreach (var old in Directory.EnumerateDirectories(_options.WorkFolder, $"{SpareProxy.FolderPrefix}*"))
            {
                using var process = BuilderProcess.Find(new AttemptFolder(old).ProcessId("proxy"));
                process?.KillGroup();
                _ = SpinWait.SpinUntil(() => process is not { IsRunning: true }, SpareEndPatience);
                Directory.Delete(old, recursive: true);
            }
        }
    }

    private async Task<BuilderProcess> StartAsync(
        AttemptFolder folder,
        string logFile,
        string verb,
        string[] arguments,
        List<(string Name, string Value)> variables,
        ControlGroup? group,
        string? input,
        CancellationToken cancellationToken)
    {
        var environment = BuilderEnvironment.Create(
            folder.Home,
            InheritedVariables.Concat(verb == "build" ? [] : ProxyVariables).Concat(verb == "init" ? InitVariables : []));
        environment["TMPDIR"] = folder.Temp;
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        string[] command = [.. _options.BobCommand, verb, .. arguments];
        if (verb == "build" && _options.Network != BuildNetwork.Host)
        {
            command = await OwnNetwork.PrepareAsync(folder, command, cancellationToken);
        }

        return await BuilderProcess.StartAsync(
            command, environment, folder.Root, logFile, folder.ProcessId(verb), group, input, _options.EndsWithService, cancellationToken);
    }

    private AttemptFolder FolderOf(AttemptId id) => new(Path.Combine(_options.WorkFolder, id.ToString()));
}

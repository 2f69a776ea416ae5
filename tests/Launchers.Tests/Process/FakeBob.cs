using ImageBuilder.Builds;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Credentials;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageBuilder.Launchers.Tests.Process;

/// <summary>
/// A builder command that does what the test says: a shell script with a body for each verb. The bodies find $TEST, a folder of the test
/// that is no work folder, in a variable.
/// </summary>
internal sealed class FakeBob : IAsyncDisposable
{
    public const string ProxyListens = "read -r credentials; while [ $# -gt 0 ]; do [ \"$1\" = --address-file ] && echo 127.0.0.1:1 >\"$2\"; shift; done; exec sleep 600";
    public const string InitSucceeds = "cat >/dev/null; echo fetched; : >\"$BOB_WORKSPACE/.gitpod/ready\"";
    public const string BuildSucceeds = "echo built; echo '{\"succeeded\":true}' >\"$BOB_WORKSPACE/.gitpod/outcome.json\"";

    /// <summary>Longer than any busy machine needs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("launchers-tests-");
    private readonly List<IAttempt> _attempts = [];
    private readonly ResourceLimits _limits;

    public FakeBob(string build = BuildSucceeds, string init = InitSucceeds, string proxy = ProxyListens, ResourceLimits? limits = null)
    {
        _limits = limits ?? new ResourceLimits();
        File.WriteAllText(Bob, $"""
            #!/bin/sh
            TEST={_folder.FullName}
            verb=$1
            shift
            case $verb in
            proxy)
            {proxy}
            ;;
            init)
            {init}
            ;;
            build)
            {build}
            ;;
            clean)
            echo "$BOB_STORAGE_ROOT" >>"$TEST/cleaned"
            ;;
            esac
            """);
        File.SetUnixFileMode(Bob, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Launcher = NewLauncher();
    }

    public ProcessLauncher Launcher { get; }

    public List<ICredentialSource> Credentials { get; } = [];

    public AttemptId Id { get; } = new(Guid.NewGuid(), 1);

    /// <summary>The folder that the script knows as $TEST.</summary>
    public string Folder => _folder.FullName;

    public string WorkFolder => Path.Combine(Folder, "work");

    public string AttemptFolder => Path.Combine(WorkFolder, Id.ToString());

    private string Bob => Path.Combine(Folder, "bob");

    public static BuildOrder Order { get; } = new(
        "registry.test/workspace:1",
        "registry.test/base:1",
        new BuildContextSource(
            "https://git.test/a.git", GitTarget.RemoteBranch, "main", "", FullClone: false, GitAuthentication.Basic, "anna", "sub/Dockerfile", ""),
        BuildBase: true,
        NoCache: false,
        Owner: "owner",
        SupervisorRef: "");

    public static BuildSecrets Secrets { get; } = new(RegistryAccess.All, "git-password-1", "https://once.test/secret-2");

    public ProcessLauncher NewLauncher(TimeSpan? grace = null, TimeSpan spareLifetime = default, TimeProvider? clock = null, bool endsWithService = false, string? cacheRepository = null) => new(
        new ProcessLauncherOptions
        {
            Bob = Bob,
            WorkFolder = WorkFolder,
            StorageFolder = Path.Combine(Folder, "storage"),
            CancelGrace = grace ?? TimeSpan.FromSeconds(1),
            SpareProxyLifetime = spareLifetime,
            EndsWithService = endsWithService,
            CacheRepository = cacheRepository,
            Limits = _limits,
        },
        new Keychain([new AllSources(Credentials)]),
        clock ?? TimeProvider.System,
        NullLogger<ProcessLauncher>.Instance);

    public async Task<IAttempt> LaunchAsync(BuildOrder? order = null, BuildSecrets? secrets = null)
    {
        var attempt = await Launcher.LaunchAsync(Id, order ?? Order, secrets ?? Secrets, CancellationToken.None);
        _attempts.Add(attempt);
        return attempt;
    }

    /// <summary>What a service that has just started finds.</summary>
    public async Task<IAttempt> ReattachAsync()
    {
        var attempt = await NewLauncher().ReattachAsync(Id, CancellationToken.None);
        _attempts.Add(attempt.ShouldNotBeNull());
        return attempt;
    }

    /// <summary>The arguments and the environment of every process that works in the attempt's folder.</summary>
    public List<(int Id, string Arguments, string Environment)> Processes() => ProcessesIn(WorkFolder);

    /// <summary>The arguments and the environment of every process that works in or below <paramref name="folder"/>.</summary>
    public static List<(int Id, string Arguments, string Environment)> ProcessesIn(string folder) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _))
            .Select(name => ReadProcess(folder, int.Parse(name!)))
            .OfType<(int, string, string)>()];

    /// <summary>The ids of the processes in the attempt's control groups.</summary>
    public IEnumerable<string> Members() =>
        File.ReadAllLines(Path.Combine(AttemptFolder, "cgroup"))
            .SelectMany(group => Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories))
            .SelectMany(File.ReadAllLines);

    /// <summary>Ends when the script has made a file in its folder; another process has no other way to give a signal.</summary>
    public Task SignalAsync(string file) => UntilAsync(() => File.Exists(Path.Combine(Folder, file)));

    public void Signal(string file) => File.WriteAllText(Path.Combine(Folder, file), string.Empty);

    /// <summary>Ends when no process works in the attempt's folder.</summary>
    public Task NoProcessesAsync() => UntilAsync(() => Processes().Count == 0);

    public static async Task<string> ReadLogAsync(IAttempt attempt)
    {
        using var log = new MemoryStream();
        var buffer = new byte[7];
        while (await attempt.ReadLogAsync(log.Length, buffer, CancellationToken.None) is var read and > 0)
        {
            log.Write(buffer, 0, read);
        }

        return System.Text.Encoding.UTF8.GetString(log.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var attempt in _attempts)
        {
            await attempt.CancelAsync(CancellationToken.None);
            await attempt.RemoveAsync(CancellationToken.None);
            await attempt.DisposeAsync();
        }

        await NoProcessesAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Ends when the condition holds, which another process brings about.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var over = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(over.Token);
        }
    }

    private static (int Id, string Arguments, string Environment)? ReadProcess(string below, int id)
    {
        try
        {
            var folder = new FileInfo($"/proc/{id}/cwd").LinkTarget;
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return folder?.StartsWith(below, StringComparison.Ordinal) == true && !stat.Contains(") Z ", StringComparison.Ordinal)
                ? (id, File.ReadAllText($"/proc/{id}/cmdline"), File.ReadAllText($"/proc/{id}/environ"))
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class AllSources(List<ICredentialSource> sources) : ICredentialSource
    {
        public async ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken)
        {
            foreach (var source in sources)
            {
                if (await source.FindAsync(host, cancellationToken) is { } credential)
                {
                    return credential;
                }
            }

            return null;
        }

        public async ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken)
        {
            var hosts = new List<string>();
            foreach (var source in sources)
            {
                hosts.AddRange(await source.ListHostsAsync(cancellationToken));
            }

            return hosts;
        }
    }
}

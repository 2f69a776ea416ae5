using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>What hosts of one test share, as services that follow each other on one machine do.</summary>
internal sealed class GrainWorld : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("grains-tests-");
    private readonly List<GrainHost> _hosts = [];

    public GrainWorld() => Logs = new TestLogs(_folder.FullName);

    public TestStorage Storage { get; } = new();

    public TestLogs Logs { get; set; }

    public ScriptedLauncher Launcher { get; } = new();

    public TestRegistry Registry { get; } = new();

    public ShiftingClock Clock { get; } = new();

    public BuildOptions Options { get; set; } = new();

    /// <summary>Lets builds run; null for the queue.</summary>
    public TestAdmission? Admission { get; init; }

    public TestLimits QueueLimits { get; } = new();

    public ReferenceOptions References { get; set; } = new();

    public List<ICredentialSource> Credentials { get; } = [];

    /// <summary>An order for image "workspace:<paramref name="tag"/>" of the test's registry.</summary>
    public static BuildOrderMessage Order(string tag = "w", bool force = false, RegistryAccessMessage? access = null, string gitPassword = "") => new(
        $"{TestRegistry.Host}/workspace:{tag}",
        $"{TestRegistry.Host}/base:{tag}",
        Context: null,
        BuildBase: false,
        force,
        Owner: "owner",
        SupervisorRef: string.Empty,
        access ?? RegistryAccessMessage.Everything,
        gitPassword,
        GitOneTimeSecretUrl: string.Empty);

    /// <summary>Access that brings a credential of the caller's own for the test's registry.</summary>
    public static RegistryAccessMessage Own(string user, string password) => RegistryAccessMessage.Nothing with
    {
        Additional = ImmutableDictionary<string, string>.Empty.Add(
            TestRegistry.Host, Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}"))),
    };

    public async Task<GrainHost> StartHostAsync()
    {
        var host = await GrainHost.StartAsync(this);
        _hosts.Add(host);
        return host;
    }

    /// <summary>New logs on the same folder, as a new process would have.</summary>
    public void ReopenLogs() => Logs = new TestLogs(_folder.FullName);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        Registry.Dispose();
        _folder.Delete(recursive: true);
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>A silo or a gateway in a process of its own, which keeps its ports when it starts again.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private readonly ServiceOptions _options;
    private ServiceProcess? _process;

    /// <summary>Starts nothing yet.</summary>
    /// <param name="name">Its name, and that of its folder.</param>
    /// <param name="verb"><c>run</c> for a silo, <c>gateway</c> for a gateway.</param>
    /// <param name="settings">What it has in common with the others.</param>
    /// <param name="cell">The network that it is in; null for this machine's.</param>
    public ClusterNode(string name, string verb, ClusterSettings settings, NetworkCell? cell = null)
    {
        Name = name;
        var host = cell?.Address ?? "127.0.0.1";
        var silo = cell?.Address ?? settings.Address;
        var folder = Path.Combine(settings.Folder, name);
        Directory.CreateDirectory(folder);
        Leftovers = new Leftovers(Path.Combine(folder, "data"));
        _options = new ServiceOptions
        {
            DataFolder = folder,
            RegistryHost = settings.RegistryHost,
            AuthFile = settings.AuthFile,
            Verb = verb,
            Host = host,
            Variables = settings.Variables,
            Prefix = cell is null ? [] : ["ip", "netns", "exec", cell.Name],
            Amend = configuration =>
            {
                if (settings.Bob is { } bob)
                {
                    configuration["process"] = new JsonObject { ["bob"] = bob, ["network"] = "host" };
                }

                configuration["queue"] = new JsonObject { ["concurrency"] = settings.Concurrency };
                configuration["cluster"] = new JsonObject
                {
                    ["kind"] = "postgresql",
                    ["connectionStringFile"] = settings.ConnectionStringFile,
                    ["siloName"] = name,
                    ["address"] = silo,
                    ["siloPort"] = FreePort.ChooseFor(Path.Combine(folder, "silo-port"), given: 0),
                    ["gatewayPort"] = FreePort.ChooseFor(Path.Combine(folder, "gateway-port"), given: 0),
                };
                settings.Amend?.Invoke(configuration);
            },
        };
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Where gRPC is served, by a gateway.</summary>
    public string Address => _process!.Address;

    /// <summary>Where its metrics are.</summary>
    public string Metrics => string.Create(CultureInfo.InvariantCulture, $"http://{_options.Host}:{_process!.Options.MetricsPort}/metrics");

    /// <summary>Its process, while it runs.</summary>
    public RunningProcess Process => _process!.Process;

    /// <summary>What its builds have left.</summary>
    public Leftovers Leftovers { get; }


    /// <summary>The ids of the processes that work in its builds' folders.</summary>
    public IReadOnlyList<string> Builders() =>
        [.. Directory.EnumerateDirectories("/proc").Where(process => WorkingFolder(process).StartsWith(Leftovers.Work, StringComparison.Ordinal)).Select(process => Path.GetFileName(process))];

    /// <summary>Writes its configuration file, and gives its path.</summary>
    public Task<string> WriteConfigurationAsync(CancellationToken cancellationToken) => ServiceProcess.WriteConfigurationAsync(_options, cancellationToken);

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) => _process = await ServiceProcess.StartAsync(_options, cancellationToken);

    /// <summary>Kills it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        await _process!.Process.KillAsync();
        await ForgetAsync();
    }

    /// <summary>Asks it to stop, and waits until it has.</summary>
    public async Task StopAsync()
    {
        await _process!.Process.StopAsync(TimeSpan.FromSeconds(60));
        await ForgetAsync();
    }

    /// <summary>The last lines that it wrote.</summary>
    public string LogTail() => _process?.Process.LogTail() ?? string.Empty;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await ForgetAsync();
        }
    }

    private static string WorkingFolder(string process)
    {
        try
        {
            return File.ResolveLinkTarget(Path.Combine(process, "cwd"), returnFinalTarget: false)?.FullName ?? string.Empty;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No process, or one that has ended.
            return string.Empty;
        }
    }

    private async Task ForgetAsync()
    {
        await _process!.DisposeAsync();
        _process = null;
    }
}

using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>A service that is killed and started again on what it left.</summary>
/// <param name="surroundings">What it meets.</param>
/// <param name="folder">Where it keeps what lasts.</param>
/// <param name="bob">Its builder command; null for bob.</param>
internal sealed class KilledService(Surroundings surroundings, string folder, string? bob) : IAsyncDisposable
{
    private readonly ServiceOptions _options = new()
    {
        DataFolder = folder,
        RegistryHost = surroundings.Registry.Host,
        AuthFile = surroundings.Registry.AuthFile,
        Amend = configuration =>
        {
            if (bob is not null)
            {
                configuration["process"] = new JsonObject { ["bob"] = bob, ["network"] = "host" };
            }
        },
    };

    private ServiceProcess? _process;

    /// <summary>Where gRPC is served; the same after every start.</summary>
    public string Address => _process!.Address;

    /// <summary>Starts it, the first time.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) => _process = await ServiceProcess.StartAsync(_options, cancellationToken);

    /// <summary>Kills it as <c>kill -9</c> does, and starts it again.</summary>
    public async Task KillAndStartAsync(CancellationToken cancellationToken)
    {
        await _process!.Process.KillAsync();
        await _process.DisposeAsync();
        await StartAsync(cancellationToken);
    }

    /// <summary>What is left of the builds, all of which have ended; the service is given some time to clean up after them.</summary>
    public Task<IReadOnlyList<string>> FindLeftoversAsync(CancellationToken cancellationToken) => new Leftovers(Path.Combine(folder, "data")).WaitAsync(cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;
}

using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Running;

/// <summary>A service of its own with real surroundings, and the few steps that the tests take with it.</summary>
public sealed class RunningService : IAsyncLifetime
{
    private ServiceClient[] _clients = [];
    private int _called;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("imagebuilder-tests-");

    public Surroundings Surroundings { get; private set; } = null!;

    public TestedService Service { get; private set; } = null!;

    /// <summary>A client; of a cluster, of its gateways in turn.</summary>
    public ServiceClient Client => _clients[Interlocked.Increment(ref _called) % _clients.Length];

    public Gate Gate { get; private set; } = null!;

    /// <summary>A deadline for one test; what takes longer hangs.</summary>
    public static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public async Task InitializeAsync()
    {
        // The fixture is made even when every test is skipped.
        if (ServiceFactAttribute.MissingReason is not null)
        {
            return;
        }

        Surroundings = await Surroundings.StartAsync(_data.FullName);
        Gate = await Gate.StartAsync();
        await StartServiceAsync();
    }

    public async Task DisposeAsync()
    {
        if (Surroundings is not null)
        {
            Array.ForEach(_clients, client => client.Dispose());
            await Service.DisposeAsync();
            await Gate.DisposeAsync();
            await Surroundings.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    /// <summary>Starts the service, or starts it again on what the last one left.</summary>
    public async Task StartServiceAsync()
    {
        Array.ForEach(_clients, client => client.Dispose());
        Service = await TestedService.StartAsync(new ServiceOptions
        {
            DataFolder = Path.Combine(_data.FullName, "service"),
            RegistryHost = Surroundings.Registry.Host,
            AuthFile = Surroundings.Registry.AuthFile,
            // RUN steps come to the gate, which is on this machine.
            Amend = configuration => configuration["process"] = new JsonObject { ["network"] = "host" },
        });
        _clients = [.. Service.Addresses.Select(address => new ServiceClient(address))];
    }

    /// <summary>Makes a repository of its own for a test and gives the request that builds <paramref name="dockerfile"/> in it, "@BASE@" standing for the local base image.</summary>
    public Task<BuildRequest> CreateRequestAsync(string dockerfile, string path = "Dockerfile") => Surroundings.CreateRequestAsync(dockerfile, path);

    /// <summary>Builds to the end; gives the last message and the log that was followed meanwhile.</summary>
    public async Task<(BuildResponse Last, string Log)> BuildAsync(BuildRequest request)
    {
        using var log = new MemoryStream();
        var responses = await Client.BuildAsync(request, log, Deadline);
        return (responses[^1], Encoding.UTF8.GetString(log.ToArray()));
    }

    /// <summary>The log of a build, to its end.</summary>
    public async Task<string> ReadLogAsync(string workspaceRef)
    {
        using var log = new MemoryStream();
        await Client.FollowLogAsync(workspaceRef, log, Deadline);
        return Encoding.UTF8.GetString(log.ToArray());
    }
}

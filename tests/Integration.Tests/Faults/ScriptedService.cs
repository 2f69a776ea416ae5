using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Logs;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Faults;

/// <summary>A service whose builds write a log and end when they are told to, with its data where the test can damage it.</summary>
internal sealed class ScriptedService : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly RegistryServer _registry;
    private readonly ScriptedBuilder _builder;
    private ServiceOptions _options = null!;
    private ServiceProcess? _process;

    private ScriptedService(DirectoryInfo folder, RegistryServer registry)
    {
        _folder = folder;
        _registry = registry;
        _builder = new ScriptedBuilder(Path.Combine(folder.FullName, "builder"));
    }

    public ServiceClient Client { get; private set; } = null!;

    /// <summary>What the service keeps.</summary>
    public string Data { get; private set; } = null!;

    /// <summary>What the service has logged, and those that ran on its data before.</summary>
    public string Log => File.ReadAllText(Path.Combine(_options.DataFolder, "log"));

    /// <summary>Starts one that keeps its data in <paramref name="data"/>; null for a folder of its own.</summary>
    public static async Task<ScriptedService> StartAsync(string? data = null)
    {
        var folder = Directory.CreateTempSubdirectory("imagebuilder-faults-");
        var service = new ScriptedService(folder, await RegistryServer.StartAsync(Path.Combine(folder.FullName, "registry")));
        try
        {
            service.Data = data ?? Path.Combine(folder.FullName, "data");
            service._options = await service._builder.InstallAsync(
                new ServiceOptions
                {
                    DataFolder = Path.Combine(folder.FullName, "service"),
                    RegistryHost = service._registry.Host,
                    AuthFile = service._registry.AuthFile,
                    Amend = configuration => configuration["dataFolder"] = service.Data,
                },
                logLimit: 64 << 20);
            await service.StartAgainAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on what the last one left.</summary>
    public async Task StartAgainAsync()
    {
        _process = await ServiceProcess.StartAsync(_options);
        Client = new ServiceClient(_process.Address);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        Client.Dispose();
        await _process!.Process.KillAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Orders a build that writes so much and waits after its first lines; ends when it runs and they are there.</summary>
    public async Task<StartedBuild> OrderAsync(long length)
    {
        var order = ScriptedBuilder.Order(length, rate: 64 << 20);
        using var call = Client.Rpc.Build(order, cancellationToken: RunningService.Deadline);
        await call.ResponseStream.MoveNext(RunningService.Deadline);
        var first = call.ResponseStream.Current;
        using var logs = Client.Rpc.Logs(new LogsRequest { BuildRef = first.Ref }, cancellationToken: RunningService.Deadline);
        await logs.ResponseStream.MoveNext(RunningService.Deadline);
        return new StartedBuild(order, first.Ref, first.Info.BuildId);
    }

    /// <summary>Lets a build go on and write all of its log.</summary>
    public void Go(StartedBuild build) => _builder.Go(build.Order);

    /// <summary>Ends when the service has logged <paramref name="text"/>.</summary>
    public async Task LoggedAsync(string text)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var deadline = RunningService.Deadline; !Log.Contains(text, StringComparison.Ordinal);)
        {
            await timer.WaitForNextTickAsync(deadline);
        }
    }

    /// <summary>Its metrics, a line each.</summary>
    public async Task<string[]> ReadMetricsAsync()
    {
        using var web = new HttpClient();
        return (await web.GetStringAsync(new Uri($"http://127.0.0.1:{_process!.Options.MetricsPort}/metrics"), RunningService.Deadline)).Split('\n');
    }

    /// <summary>Ends when its metrics have every one of <paramref name="lines"/>.</summary>
    public async Task MeasuredAsync(params string[] lines)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var deadline = RunningService.Deadline;
        for (var missing = lines; missing.Length > 0; missing = [.. lines.Except(await ReadMetricsAsync())])
        {
            deadline.IsCancellationRequested.ShouldBeFalse(string.Join('\n', missing));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>The build at its end.</summary>
    public async Task<Contracts.V1.Build> EndAsync(StartedBuild build)
    {
        using var call = Client.Builds.WatchBuild(new Contracts.V1.WatchBuildRequest { BuildId = build.Id }, cancellationToken: RunningService.Deadline);
        Contracts.V1.Build? last = null;
        while (await call.ResponseStream.MoveNext(RunningService.Deadline))
        {
            last = call.ResponseStream.Current;
        }

        return last.ShouldNotBeNull();
    }

    /// <summary>The log of a build that has ended.</summary>
    public async Task<byte[]> ReadLogAsync(StartedBuild build)
    {
        using var log = new MemoryStream();
        await Client.FollowLogAsync(build.WorkspaceRef, log, RunningService.Deadline);
        return log.ToArray();
    }

    /// <summary>The file of a state.</summary>
    public string StateFile(string state, string key) =>
        Directory.EnumerateFiles(Path.Combine(Data, "state"), "*.json", SearchOption.AllDirectories)
            .Single(file => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file))) == state && Path.GetFileName(file).StartsWith(key, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await _registry.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

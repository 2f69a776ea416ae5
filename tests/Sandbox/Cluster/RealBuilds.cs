using System.Diagnostics;
using System.Globalization;
using System.Text;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Kills;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>
/// Builds by bob and its engine, in a cluster whose silos are killed one after another. Each makes an image that says which build it is of; images, logs, and what is
/// left on the machine are looked at in the end.
/// </summary>
internal sealed class RealBuilds(ClusterWorld world, TextWriter output) : IDisposable
{
    private const int Lines = 60;
    private const int MillisecondsOfLine = 100;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(200);

    private readonly List<GrpcChannel> _channels = [.. world.Addresses.Select(address => GrpcChannel.ForAddress(address))];
    private readonly List<(WatchedBuild Build, string Mark)> _builds = [];

    /// <summary>Runs them, in as many waves as silos are killed, and gives what should not be.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(int builds, int kills, Random random, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = NoteStepsAsync(over.Token);
        var found = new List<string>();
        for (var kill = 0; kill < kills; kill++)
        {
            found.AddRange(await RunWaveAsync((builds + kill) / kills, random, cancellationToken));
        }

        await over.CancelAsync();
        await looking;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{builds} builds by bob, {kills} silos killed: {_builds.Count(build => build.Build.Last.Status == BuildStatus.Succeeded)} succeeded, {_builds.Count(build => build.Build.Last.Attempt > 1)} begun anew, {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
        foreach (var (build, mark) in _builds)
        {
            found.AddRange(await ProblemsOfAsync(build, mark, cancellationToken));
        }

        foreach (var silo in world.SiloNodes)
        {
            found.AddRange((await silo.Leftovers.WaitAsync(cancellationToken)).Select(left => $"{silo.Name} has left {left}"));
        }

        return found;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _builds.ForEach(build => build.Build.Dispose());
        _channels.ForEach(channel => channel.Dispose());
    }

    private Task<BuildRequest> OrderAsync(string mark) => world.Surroundings.CreateRequestAsync(
        $"""
        FROM @BASE@
        LABEL mark={mark}
        RUN line=0; while [ $line -lt {Lines} ]; do line=$((line + 1)); echo "line $line of {mark}"; sleep 0.{MillisecondsOfLine}; done
        RUN echo {mark} >/mark

        """);

    private async Task<IReadOnlyList<string>> RunWaveAsync(int builds, Random random, CancellationToken cancellationToken)
    {
        var wave = new List<WatchedBuild>();
        for (var number = 0; number < builds; number++)
        {
            var mark = Guid.NewGuid().ToString("N");
            wave.Add(new WatchedBuild(await OrderAsync(mark), _channels[number % _channels.Count]));
            _builds.Add((wave[^1], mark));
        }

        var running = wave.Select(build => build.RunAsync(cancellationToken)).ToList();
        while (wave.Count > 0 && !wave.Any(build => Encoding.UTF8.GetString(build.Log.Span).Contains("line 1 of ", StringComparison.Ordinal)))
        {
            await Task.Delay(LookPause, cancellationToken);
        }

        var found = await KillAsync(random, cancellationToken);
        await Task.WhenAll(running);
        return found;
    }

    // The silo that has most to lose.
    private async Task<IReadOnlyList<string>> KillAsync(Random random, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(Lines * MillisecondsOfLine / 2)), cancellationToken);
        var silo = world.SiloNodes.MaxBy(silo => silo.Builders().Count)!;
        await output.WriteLineAsync($"{silo.Name} is killed, with {silo.Builders().Count} processes of builders");
        await silo.KillAsync();
        await Task.Delay(Settle, cancellationToken);
        IReadOnlyList<string> found = [.. silo.Builders().Select(builder => $"{silo.Name} was killed, and its builder {builder} was not")];
        await silo.StartAsync(cancellationToken);
        return found;
    }

    // What the runtime and the kernel keep of a step is found by its name alone.
    private async Task NoteStepsAsync(CancellationToken over)
    {
        var leftovers = world.SiloNodes.Select(silo => silo.Leftovers).ToList();
        while (!over.IsCancellationRequested)
        {
            leftovers.ForEach(left => left.NoteSteps());
            await Task.Delay(LookPause, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<IEnumerable<string>> ProblemsOfAsync(WatchedBuild build, string mark, CancellationToken cancellationToken)
    {
        if (build.Last.Status != BuildStatus.Succeeded)
        {
            return [$"build {build.Id} ended as {build.Last.Status} after {build.Last.Attempt} attempts: {build.Last.Failure?.Message}\n{Encoding.UTF8.GetString(build.Log.Span)}"];
        }

        var image = await PushedImage.PullAsync(world.Surroundings.Registry, build.Last.WorkspaceRef, cancellationToken);
        var file = image is null ? null : await image.ReadFileAsync(world.Surroundings.Registry, build.Last.WorkspaceRef, "mark", cancellationToken);
        var log = Encoding.UTF8.GetString(build.Log.Span);
        return new[]
        {
            image is null ? $"build {build.Id} is said to have succeeded, and there is no image" : null,
            image is null || (string?)image.Config["config"]?["Labels"]?["mark"] == mark ? null : $"the image of build {build.Id} has another's label",
            image is null || file == $"{mark}\n" ? null : $"the image of build {build.Id} has file /mark with '{file}'",
            log.Contains($"line {Lines} of {mark}", StringComparison.Ordinal) ? null : $"the log of build {build.Id} lacks its last line",
            build.Interruptions == 0 ? null : $"streams of build {build.Id} broke off {build.Interruptions} times",
            await build.FindContradictionAsync(cancellationToken),
        }.OfType<string>();
    }
}

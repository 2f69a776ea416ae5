using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Service;
using ImageBuilder.Sandbox.Tests;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>Kills the service at random moments while builds run, starts it again, and looks whether any build, byte or promise was lost.</summary>
public static class KillsRun
{
    private const int MillisecondsToKill = 3_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs it all, writing what is found to <paramref name="output"/>; 0 when nothing was lost.</summary>
    public static async Task<int> RunAsync(KillsOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"{options.Scripted} kills with a scripted builder and {options.Real} with bob, {options.Builds} builds each, seed {options.Seed}");
        return await Proof.RunAsync("kills", "nothing was lost, doubled, changed or left behind", output, async folder =>
        {
            var random = new Random(options.Seed);
            await using var surroundings = await Surroundings.StartAsync(folder, cancellationToken: cancellationToken);
            return
            [
                .. await RunScriptedAsync(options, surroundings, Path.Combine(folder, "scripted"), random, output, cancellationToken),
                .. await RunRealAsync(options, surroundings, Path.Combine(folder, "real"), random, output, cancellationToken),
            ];
        });
    }

    private static async Task<List<string>> RunScriptedAsync(
        KillsOptions options, Surroundings surroundings, string folder, Random random, TextWriter output, CancellationToken cancellationToken)
    {
        if (options.Scripted == 0)
        {
            return [];
        }

        var builder = new PushingBuilder(Path.Combine(folder, "builder"));
        var bob = await builder.InstallAsync(surroundings, cancellationToken);
        return await RunAsync(
            new KilledService(surroundings, folder, bob),
            options.Scripted,
            options.Builds,
            async channel =>
            {
                var order = PushingBuilder.Order(random);
                var resolved = await new BuilderService.ImageBuilderClient(channel).ResolveWorkspaceImageAsync(
                    new ResolveWorkspaceImageRequest { Source = order.Source, Auth = order.Auth }, cancellationToken: cancellationToken);
                await builder.TargetAsync(order, resolved.Ref, cancellationToken);
                return order;
            },
            order => builder.PushesOf(order) is var pushes and not 1 ? $"the image of {order.Source.File.DockerfilePath} was pushed {pushes} times" : null,
            random,
            output,
            cancellationToken);
    }

    private static async Task<List<string>> RunRealAsync(
        KillsOptions options, Surroundings surroundings, string folder, Random random, TextWriter output, CancellationToken cancellationToken)
    {
        if (options.Real == 0)
        {
            return [];
        }

        const string Repository = "kills.git";
        var repository = await GitRepository.CreateAsync(Path.Combine(surroundings.Repositories, Repository), cancellationToken);
        await repository.CommitAsync(
            new Dictionary<string, string> { ["Dockerfile"] = $"FROM {surroundings.BaseImage}\nRUN for line in 1 2 3 4 5; do echo line $line; sleep 0.1; done\n" },
            cancellationToken: cancellationToken);
        return await RunAsync(
            new KilledService(surroundings, folder, bob: null),
            options.Real,
            options.Builds,
            // Without cache, so that there is something to kill.
            _ => Task.FromResult(WithoutCache(BuildRequests.FromGit(surroundings.Git.Url(Repository), "Dockerfile", Guid.NewGuid().ToString("N")))),
            _ => null,
            random,
            output,
            cancellationToken);
    }

    private static BuildRequest WithoutCache(BuildRequest request)
    {
        request.ForceRebuild = true;
        return request;
    }

    private static async Task<List<string>> RunAsync(
        KilledService service,
        int kills,
        int builds,
        Func<GrpcChannel, Task<BuildRequest>> makeOrder,
        Func<BuildRequest, string?> check,
        Random random,
        TextWriter output,
        CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await using (service)
        {
            await service.StartAsync(cancellationToken);
            using var channel = GrpcChannel.ForAddress(service.Address);
            for (var kill = 1; kill <= kills; kill++)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                patience.CancelAfter(Patience);
                var watched = new List<WatchedBuild>();
                for (var build = 0; build < builds; build++)
                {
                    watched.Add(new WatchedBuild(await makeOrder(channel), channel));
                }

                var started = Stopwatch.GetTimestamp();
                var running = watched.Select(build => build.RunAsync(patience.Token)).ToList();
                var moment = random.Next(MillisecondsToKill);
                await Task.Delay(moment, cancellationToken);
                var told = watched.Count(build => build.Id.Length > 0);
                await service.KillAndStartAsync(cancellationToken);
                try
                {
                    await Task.WhenAll(running);
                    foreach (var build in watched)
                    {
                        found.AddRange(await ProblemsOfAsync(build, check, patience.Token));
                    }

                    found.AddRange(await service.FindLeftoversAsync(patience.Token));
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    found.Add($"kill {kill}: {e.Message}; {running.Count(task => !task.IsCompletedSuccessfully)} builds did not come to an end: {string.Join(", ", watched.Where((_, index) => !running[index].IsCompletedSuccessfully).Select(build => build.Id))}");
                    return found;
                }

                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"kill {kill} after {moment} ms, {told} of {builds} builds told, {watched.Count(build => build.Last.Attempt > 1)} tried again; all ended after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; {found.Count} problems so far"));
                watched.ForEach(build => build.Dispose());
            }
        }

        return found;
    }

    private static async Task<IEnumerable<string>> ProblemsOfAsync(WatchedBuild build, Func<BuildRequest, string?> check, CancellationToken cancellationToken)
    {
        var ended = build.Last.Status == BuildStatus.Succeeded
            ? null
            : $"build {build.Id} ended as {build.Last.Status} after {build.Last.Attempt} attempts: {build.Last.Failure?.Message}";
        return new[] { ended, await build.FindContradictionAsync(cancellationToken), check(build.Order) }.OfType<string>();
    }
}

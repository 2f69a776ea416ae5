using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Testing;
using Xunit.Abstractions;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>
/// Explores what killing the service, at any step and more than once, does to builds: the real grains on a storage, logs and builders that outlive it.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const int Parallel = 6;

    /// <summary>One step of so many is explored on either package set: silos of the package take long to start.</summary>
    private const int Stride = 3;

    private static readonly ModelOrder Order = new("w");

    private static readonly ImmutableArray<ModelScenario> Scenarios =
    [
        new("succeeds", [Order, Order, Order with { Force = true }], [BuilderScript.Succeeds]),
        new("fails", [Order], [BuilderScript.Fails]),
        new("is lost once", [Order], [BuilderScript.IsLost, BuilderScript.Succeeds]),
        new("is lost twice", [Order], [BuilderScript.IsLost]),
        new("is not taken", [Order], [BuilderScript.IsNotTaken, BuilderScript.Succeeds]),
        new("cancelled early", [Order], [BuilderScript.Hangs]) { CancelAfter = 1 },
        new("cancelled late", [Order], [BuilderScript.Hangs]) { CancelAfter = 3 },
        new("succeeds when cancelled", [Order], [BuilderScript.SucceedsWhenCancelled]) { CancelAfter = 3 },
        new("dies with the service", [Order, new ModelOrder("v")], [BuilderScript.Succeeds]) { BuildersDieWithService = true, Pins = true },
    ];

    [Fact]
    public Task EveryThirdStep_ServiceKilledThere_NoBuildIsLostDoubledOrToldOtherwise() => ExploreAsync(isThird: true, atLeast: 150);

    [StandInFact(typeof(Grain), "a thousand silos of the package take minutes to start; a third of the steps is explored with it")]
    public Task EveryOtherStep_ServiceKilledThere_NoBuildIsLostDoubledOrToldOtherwise() => ExploreAsync(isThird: false, atLeast: 300);

    [Fact]
    public async Task RandomKillsAndFaults_SeveralInARow_NoBuildIsLostDoubledOrToldOtherwise()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("MODEL_RUNS") ?? "60", CultureInfo.InvariantCulture);
        var states = new ConcurrentDictionary<string, bool>();
        var began = Stopwatch.GetTimestamp();
        await ForEachAsync(Enumerable.Range(1, count), async seed =>
        {
            var random = new Random(seed);
            var scenario = Draw(random) with { Name = $"seed {seed}" };
            await RunAsync(scenario, [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(1, 60))], seed, states);
        });

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count} random runs; {states.Count} distinct states; {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s"));
        states.Count.ShouldBeGreaterThan(count * 5);
    }

    private async Task ExploreAsync(bool isThird, int atLeast)
    {
        var states = new ConcurrentDictionary<string, bool>();
        var runs = 0;
        var began = Stopwatch.GetTimestamp();
        foreach (var scenario in Scenarios)
        {
            var steps = await RunAsync(scenario, [], seed: 0, states);
            await ForEachAsync(Enumerable.Range(1, steps).Where(step => (step % Stride == 0) == isThird), async step =>
            {
                await RunAsync(scenario, [step], step, states);
                Interlocked.Increment(ref runs);
            });
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{runs} kills in {Scenarios.Length} scenarios; {states.Count} distinct states; {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s"));
        runs.ShouldBeGreaterThan(atLeast);
        states.Count.ShouldBeGreaterThan(200);
    }

    private static ModelScenario Draw(Random random)
    {
        var hangs = random.Next(4) == 0;
        var orders = Enumerable.Range(0, random.Next(1, 5)).Select(_ => new ModelOrder(
            random.Next(3) == 0 ? "v" : "w", random.Next(3) == 0, hangs ? TimeSpan.FromSeconds(1) : null));
        BuilderScript[] scripts = hangs
            ? [BuilderScript.Hangs, BuilderScript.SucceedsWhenCancelled, BuilderScript.IsLost]
            : [BuilderScript.Succeeds, BuilderScript.Fails, BuilderScript.IsLost, BuilderScript.IsNotTaken];
        return new ModelScenario("random", [.. orders], [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => scripts[random.Next(scripts.Length)])])
        {
            CancelAfter = random.Next(2) == 0 ? random.Next(1, 5) : null,
            Pins = random.Next(3) == 0,
            BuildersDieWithService = random.Next(3) == 0,
            FaultyWrites = random.Next(3) == 0 ? random.Next(4, 20) : 0,
        };
    }

    private static async Task<int> RunAsync(ModelScenario scenario, ImmutableArray<int> kills, int seed, ConcurrentDictionary<string, bool> states)
    {
        await using var run = new ModelRun(scenario, kills, seed, states);
        try
        {
            return await run.RunAsync();
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{scenario}, killed at [{string.Join(", ", kills)}]: {error.Message}", error);
        }
    }

    private static Task ForEachAsync(IEnumerable<int> items, Func<int, Task> body) => System.Threading.Tasks.Parallel.ForEachAsync(
        items, new ParallelOptions { MaxDegreeOfParallelism = Parallel }, async (item, _) => await body(item));
}

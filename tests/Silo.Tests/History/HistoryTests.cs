using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Xunit.Abstractions;
using GrainReason = ImageBuilder.Builds.Lifecycle.FailureReason;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Silo.Tests.History;

/// <summary>
/// A long history on files, filled and listed by way of the grains and the gateway. tests/history.sh runs it with HISTORY_BUILDS=100000 and prints
/// the figures; what is asserted does not depend on time.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output) : IDisposable
{
    private const int Owners = 100;
    private const int Few = 1_000;

    private static readonly int s_builds =
        int.TryParse(Environment.GetEnvironmentVariable("HISTORY_BUILDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var builds) ? builds : 3_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("imagebuilder-history-");
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow.AddDays(-2);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ListBuilds_LongHistory_EveryBuildOnceAlsoAfterARestart()
    {
        TimeSpan firstOfFew;
        await using (var host = await HistoryHost.StartAsync(_folder.FullName))
        {
            await FillAsync(host, 0, Few);
            firstOfFew = await MeasureAsync($"first page at {Few}", () => ListAsync(host, new ListBuildsRequest()));
            var filling = Stopwatch.GetTimestamp();
            await FillAsync(host, Few, s_builds);
            output.WriteLine($"filled to {s_builds} at {(s_builds - Few) / Stopwatch.GetElapsedTime(filling).TotalSeconds:0} builds/s");
        }

        var before = Memory();
        var starting = Stopwatch.GetTimestamp();
        await using var again = await HistoryHost.StartAsync(_folder.FullName);
        await Task.WhenAll(DirectoryShards.All(again.Grains).Select(shard => shard.TakeUp()));
        output.WriteLine($"host started and {DirectoryShards.Count} shards activated after {Stopwatch.GetElapsedTime(starting).TotalMilliseconds:0} ms");
        (await ListAsync(again, new ListBuildsRequest())).Builds.Count.ShouldBe(50);
        output.WriteLine($"first list answered after {Stopwatch.GetElapsedTime(starting).TotalMilliseconds:0} ms, pages indexed");
        output.WriteLine($"memory: {(Memory() - before) >> 10} KiB for the host with the index of {s_builds} builds");

        var firstOfMany = await MeasureAsync($"first page at {s_builds}", () => ListAsync(again, new ListBuildsRequest()));
        output.WriteLine($"  ratio to {Few}: {firstOfMany / firstOfFew:0.00}");
        var ids = await WalkAsync(again, s_builds);
        ids.Distinct().Count().ShouldBe(s_builds);
        output.WriteLine($"memory: {(Memory() - before) >> 10} KiB after the walk, with the pages that it looked at");
        var deep = new ListBuildsRequest { Filter = new Filter { CreatedBefore = At(s_builds / 10) } };
        (await MeasureAsync("page of the oldest tenth", () => ListAsync(again, deep))).ShouldBeGreaterThan(TimeSpan.Zero);
        await MeasureFilterAsync(again, "one owner of 100", new Filter { Owner = "owner7" }, Math.Min(50, s_builds / Owners));
        await MeasureFilterAsync(again, "one image", new Filter { Ref = WorkspaceRef(5) }, 1);
        await MeasureFilterAsync(again, "status and reason", new Filter { Statuses = { BuildStatus.Failed }, Reasons = { FailureReason.OutOfDisk } }, Math.Min(50, (s_builds + 999) / 1000));
        await MeasureFilterAsync(again, "nothing found", new Filter { Owner = "nobody" }, 0);
    }

    private static long Memory() => GC.GetTotalMemory(forceFullCollection: true);

    private static string WorkspaceRef(int index) => $"registry.example.com/workspace-images:{index:x64}";

    private static async Task<ListBuildsResponse> ListAsync(HistoryHost host, ListBuildsRequest request) => await host.Client.ListBuildsAsync(request);

    private async Task FillAsync(HistoryHost host, int from, int to)
    {
        // Each shard by one caller, as many at once as there are shards.
        var entries = Enumerable.Range(from, to - from).Select(index => (Index: index, Id: Guid.NewGuid())).GroupBy(build => DirectoryShards.NumberOf(build.Id));
        await Task.WhenAll(entries.Select(shard => Task.Run(async () =>
        {
            foreach (var (index, id) in shard)
            {
                var entry = new DirectoryEntry(
                    id, WorkspaceRef(index), $"registry.example.com/base-images:{index:x64}", $"owner{index % Owners}", _start.AddSeconds(index), GrainStatus.Queued, FinishedAt: null);
                await DirectoryShards.Of(host.Grains, id).Add(entry);
                await DirectoryShards.Of(host.Grains, id).End(entry with
                {
                    Status = index % 1000 == 0 ? GrainStatus.Failed : GrainStatus.Succeeded,
                    Reason = index % 1000 == 0 ? GrainReason.OutOfDisk : null,
                    Message = index % 1000 == 0 ? "the builder ran out of disk" : null,
                    Digest = index % 1000 == 0 ? null : $"sha256:{index:x64}",
                    FinishedAt = _start.AddSeconds(index + 60),
                    Version = 5,
                    Attempt = 1,
                });
            }
        })));
    }

    private Google.Protobuf.WellKnownTypes.Timestamp At(int index) => Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(_start.AddSeconds(index));

    private async Task<List<string>> WalkAsync(HistoryHost host, int expected)
    {
        var walking = Stopwatch.GetTimestamp();
        var ids = new List<string>();
        var request = new ListBuildsRequest { PageSize = 1000 };
        var created = long.MaxValue;
        do
        {
            var page = await host.Client.ListBuildsAsync(request);
            foreach (var build in page.Builds)
            {
                build.CreateTime.Seconds.ShouldBeLessThanOrEqualTo(created);
                created = build.CreateTime.Seconds;
                ids.Add(build.BuildId);
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        ids.Count.ShouldBe(expected);
        output.WriteLine($"walk through all: {Stopwatch.GetElapsedTime(walking).TotalMilliseconds / ((expected + 999) / 1000):0.0} ms a page of 1000");
        return ids;
    }

    private async Task MeasureFilterAsync(HistoryHost host, string what, Filter filter, int expected)
    {
        (await ListAsync(host, new ListBuildsRequest { Filter = filter })).Builds.Count.ShouldBe(expected);
        await MeasureAsync(what, () => ListAsync(host, new ListBuildsRequest { Filter = filter }));
    }

    /// <summary>The median of a call, the first one told apart.</summary>
    private async Task<TimeSpan> MeasureAsync(string what, Func<Task> call)
    {
        var times = new List<TimeSpan>();
        for (var round = 0; round < 40; round++)
        {
            var start = Stopwatch.GetTimestamp();
            await call();
            times.Add(Stopwatch.GetElapsedTime(start));
        }

        var median = times.Skip(1).Order().ElementAt(times.Count / 2);
        output.WriteLine($"{what}: median {median.TotalMilliseconds:0.00} ms, the first {times[0].TotalMilliseconds:0.00} ms");
        return median;
    }
}

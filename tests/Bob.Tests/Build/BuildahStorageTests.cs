using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class BuildahStorageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _removed = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Prune_LayersPastTheLimit_RemovesTheOldestImages()
    {
        WriteLayers(60, 50);
        _folder.Write("graph/overlay-images/images.json", """[{"id":"new","layer":"0","created":"2026-01-03T00:00:00Z"},{"id":"old","layer":"1","created":"2026-01-01T00:00:00Z"},{"id":"middle","layer":"unknown","created":"2026-01-02T00:00:00Z"}]""");

        await new BuildahStorage(_folder.Path).PruneAsync(100, command =>
        {
            Remove(command);
            if (_removed is [.., "middle"])
            {
                WriteLayers(60);
            }

            return Task.CompletedTask;
        }, CancellationToken.None);

        _removed.ShouldBe(["old", "middle"]);
    }

    [Fact]
    public async Task Prune_TimeIsUp_BeginsNothingMore()
    {
        WriteLayers(60, 50);
        _folder.Write("graph/overlay-images/images.json", """[{"id":"new","layer":"0","created":"2026-01-03T00:00:00Z"},{"id":"old","layer":"1","created":"2026-01-01T00:00:00Z"},{"id":"middle","layer":"unknown","created":"2026-01-02T00:00:00Z"}]""");
        using var time = new CancellationTokenSource();

        await Should.ThrowAsync<OperationCanceledException>(new BuildahStorage(_folder.Path).PruneAsync(
            1,
            command =>
            {
                Remove(command);
                time.Cancel();
                return Task.CompletedTask;
            },
            time.Token));

        _removed.ShouldBe(["old"]);
    }

    [Fact]
    public async Task Prune_CachesPastAQuarterOfTheLimit_KeepsThoseUsedLast()
    {
        var storage = new BuildahStorage(_folder.Path);
        foreach (var (owner, age) in new[] { ("alice", 3), ("bob", 2), ("carol", 1) })
        {
            var cache = storage.CacheOf(owner);
            await File.WriteAllTextAsync(Path.Combine(cache, "file"), new string('x', 100_000));
            Directory.SetLastWriteTimeUtc(cache, new DateTime(2026, 1, 10 - age, 0, 0, 0, DateTimeKind.Utc));
        }

        await storage.PruneAsync(4 * 250_000, _ => Task.CompletedTask, CancellationToken.None);

        Directory.EnumerateDirectories(_folder["caches"]).Select(Path.GetFileName).Order().ShouldBe(["bob", "carol"]);
    }

    [Fact]
    public async Task Prune_SomebodyBuilds_RemovesNothing()
    {
        WriteLayers(60, 50);
        _folder.Write("graph/overlay-images/images.json", """[{"id":"old","layer":"0","created":"2026-01-01T00:00:00Z"}]""");
        var storage = new BuildahStorage(_folder.Path);
        using var one = await storage.UseAsync(TimeProvider.System, CancellationToken.None);
        using var two = await storage.UseAsync(TimeProvider.System, CancellationToken.None);

        await storage.PruneAsync(1, Remove, CancellationToken.None);
        _removed.ShouldBeEmpty();

        one.Dispose();
        two.Dispose();
        await storage.PruneAsync(1, Remove, CancellationToken.None);
        _removed.ShouldBe(["old"]);
    }

    [Fact]
    public async Task Use_WhilePruning_Waits()
    {
        WriteLayers(60);
        _folder.Write("graph/overlay-images/images.json", """[{"id":"old","layer":"0","created":"2026-01-01T00:00:00Z"}]""");
        var storage = new BuildahStorage(_folder.Path);
        var time = new ManualTimeProvider();
        var removing = new TaskCompletionSource();
        var pruning = storage.PruneAsync(1, _ => removing.Task, CancellationToken.None);

        var use = storage.UseAsync(time, CancellationToken.None);
        use.IsCompleted.ShouldBeFalse();
        removing.SetResult();
        await pruning;
        time.Advance(TimeSpan.FromSeconds(1));

        (await use).Dispose();
    }

    private Task Remove(IEnumerable<string> command)
    {
        if (command.ToArray() is ["rmi", var image])
        {
            _removed.Add(image);
        }

        return Task.CompletedTask;
    }

    private void WriteLayers(params int[] sizes) => _folder.Write(
        "graph/overlay-layers/layers.json", $"[{string.Concat(sizes.Select((size, index) => $$"""{"id":"{{index}}","diff-size":{{size}}},"""))}{"""{"id":"unknown"}"""}]");
}

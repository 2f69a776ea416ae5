using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Registry.Names;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

[Collection(TestsThatEndAllChildren.Name)]
public sealed class BuildahPruningTests : IDisposable
{
    private readonly TemporaryFolder _storage = new();

    public void Dispose() => _storage.Dispose();

    [NeedsProgramsFact("buildah")]
    public async Task Dispose_EngineDoesNotEndWhileItPrunes_EndsIt()
    {
        var time = new ManualTimeProvider();
        var settings = new BuildSettings
        {
            Target = ImageReference.Parse("127.0.0.1:1/target:latest"),
            Base = ImageReference.Parse("127.0.0.1:1/base:latest"),
            StorageRoot = _storage.Path,
            CacheLimit = 1,
        };
        var engine = new Buildah(settings, time);
        _storage.Write("graph/overlay-layers/layers.json", """[{"id":"one","diff-size":100}]""");

        // As by an engine that hangs while it has the storage.
        await using var held = new FileStream(_storage.Write("graph/overlay-layers/layers.lock", string.Empty), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        held.Lock(0, 0);

        var disposing = engine.DisposeAsync().AsTask();
        disposing.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromMinutes(1));
        await disposing.WaitAsync(TimeSpan.FromMinutes(2));

        Directory.EnumerateFileSystemEntries(_storage["builds"]).ShouldBeEmpty();
    }
}

using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Tests.Processes;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

public sealed class BuildKitRootTests
{
    [NeedsBuildKitFact]
    public async Task Take_DaemonWasKilledAsItRemovedABundle_RemovesTheRest()
    {
        using var parent = new TemporaryFolder();
        var executor = parent["0/state/runc-overlayfs/executor"];
        parent.Write("0/state/runc-overlayfs/executor/resolv.conf", string.Empty);
        Directory.CreateDirectory(Path.Combine(executor, "half-removed"));
        parent.Write("0/state/runc-overlayfs/executor/half-made/rootfs/file", string.Empty);

        await using var root = await BuildKitRoot.TakeAsync(parent.Path, CancellationToken.None);

        Directory.EnumerateFileSystemEntries(executor).ShouldBe([Path.Combine(executor, "resolv.conf")]);
    }

    [Fact]
    public async Task IsWithin_LayerCameOrLimitIsAnother_IsFalseUntilPrunedAgain()
    {
        using var parent = new TemporaryFolder();
        await using var root = await BuildKitRoot.TakeAsync(parent.Path, CancellationToken.None);
        root.NotePruned(100);
        root.IsWithin(100).ShouldBeFalse("there are no layers yet, or they lie where they were not looked for");
        var snapshots = Directory.CreateDirectory(Path.Combine(root.State, "runc-overlayfs/snapshots/snapshots"));
        root.IsWithin(100).ShouldBeFalse();

        root.NotePruned(100);
        (root.IsWithin(100), root.IsWithin(99)).ShouldBe((true, false));

        snapshots.LastWriteTimeUtc += TimeSpan.FromMilliseconds(4);
        root.IsWithin(100).ShouldBeFalse();
        root.NotePruned(100);
        root.IsWithin(100).ShouldBeTrue();
    }
}

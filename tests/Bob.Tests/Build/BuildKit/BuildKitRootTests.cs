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
}

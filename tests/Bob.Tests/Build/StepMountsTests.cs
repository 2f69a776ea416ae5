using ImageBuilder.Bob.Build;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class StepMountsTests
{
    private const string Layer = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("0:46 / rootfs", "overlay", true)]
    [InlineData("0:44 /bin target-1", "overlay", true)]
    [InlineData("0:45 /bin target-1", "overlay", false)]
    [InlineData("254:1 /work/context target-1", "ext4", true)]
    [InlineData("254:1 /work/context/some\\040folder target-1", "ext4", true)]
    [InlineData("254:1 /work/contexts target-1", "ext4", false)]
    [InlineData("254:1 /work target-1", "ext4", false)]
    [InlineData("254:0 /work/context target-1", "ext4", false)]
    [InlineData("254:0 /store/caches/alice/npm target-1", "ext4", true)]
    [InlineData("254:0 /store/caches/mallory/npm target-1", "ext4", false)]
    [InlineData("254:0 /store/graph/overlay-containers/" + Layer + "/userdata/secrets/token target-1", "ext4", true)]
    [InlineData("254:0 /store/graph/overlay-containers/" + Layer + "/userdata/secrets target-1", "ext4", false)]
    [InlineData("254:0 /store/graph/overlay-containers target-1", "ext4", false)]
    [InlineData("254:0 /etc target-1", "ext4", false)]
    public void FindForeign_Mount_IsForeignUnlessItIsOfTheBuild(string mount, string type, bool allowed)
    {
        var (origin, name) = (mount[..mount.LastIndexOf(' ')], mount[(mount.LastIndexOf(' ') + 1)..]);
        string[] mounts =
        [
            "1 0 254:0 / / rw,relatime - ext4 /dev/vda rw",
            "2 1 254:1 / /mnt rw,relatime - ext4 /dev/vdb rw",
            $"3 1 0:44 / /store/graph/overlay/{Layer}/merged rw shared:1 - overlay overlay rw",
            $"4 1 0:46 / /store/graph/overlay/{Layer[1..]}0/merged rw - overlay overlay rw",
            "5 1 0:45 / /elsewhere/merged rw - overlay overlay rw",
            "6 1 254:0 /tmp/buildah1/mnt /tmp/buildah1/mnt rw - ext4 /dev/vda rw",
            $"7 6 {origin} /tmp/buildah1/mnt/{name} rw - {type} x rw",
            "8 7 254:0 /etc /tmp/buildah1/mnt/rootfs/below rw - ext4 /dev/vda rw",
        ];

        StepMounts.FindForeign(mounts, "/tmp/buildah1", "/store/graph", ["/mnt/work/context", "/store/caches/alice"])
            .ShouldBe(allowed ? null : $"/tmp/buildah1/mnt/{name}");
    }
}

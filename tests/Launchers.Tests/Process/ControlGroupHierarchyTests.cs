using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class ControlGroupHierarchyTests
{
    [Fact]
    public void Read_Version1_OneForEachController() =>
        Read(
            ["35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory", "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids", "36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices"],
            ["8:pids:/", "5:devices:/", "4:memory:/system/service", "0::/"])
            .ShouldBe(["/sys/fs/cgroup/memory/system/service memory", "/sys/fs/cgroup/pids pids"]);

    [Fact]
    public void Read_Version1_ControllersMountedTogether_Once() =>
        Read(["32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct"], ["1:cpu,cpuacct:/a"]).ShouldBe(["/sys/fs/cgroup/cpu,cpuacct/a cpu"]);

    [Fact]
    public void Read_BothVersions_ControllersAreInTheFirst() =>
        Read(
            ["35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory", "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"],
            ["4:memory:/", "0::/"])
            .ShouldBe(["/sys/fs/cgroup/memory memory"]);

    /// <summary>A container is shown its own part of the hierarchy, and yet told its path in the whole.</summary>
    [Fact]
    public void Read_ContainersPart_FolderBelowTheMount() =>
        Read(["35 31 0:32 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids"], ["8:pids:/docker/abc/inner"]).ShouldBe(["/sys/fs/cgroup/pids/inner pids"]);

    [Fact]
    public void Read_Version2_ControllersAsTheGroupSays()
    {
        var own = Directory.CreateTempSubdirectory("launchers-tests-");
        try
        {
            File.WriteAllText(Path.Combine(own.FullName, "cgroup.controllers"), "cpuset cpu io memory hugetlb pids\n");

            Read([$"41 31 0:38 / {own.Parent!.FullName} rw - cgroup2 cgroup2 rw,nsdelegate"], [$"0::/{own.Name}"]).ShouldBe([$"{own.FullName} memory pids cpu"]);
        }
        finally
        {
            own.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Read(string[] mounts, string[] groups) =>
        ControlGroupHierarchy.Read(mounts, groups).Select(hierarchy => $"{hierarchy.Own} {string.Join(' ', hierarchy.Controllers)}");
}

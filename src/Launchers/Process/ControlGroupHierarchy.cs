using System.Globalization;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// A hierarchy of the kernel's control groups (cgroups(7)), and where in it this process is: one for each controller in version 1, one for all in
/// version 2. On a machine that has both, controllers are in version 1.
/// </summary>
/// <param name="Own">This process's folder.</param>
/// <param name="Controllers">Those of memory, cpu and pids that are in it.</param>
/// <param name="IsUnified">Whether it is version 2.</param>
internal sealed record ControlGroupHierarchy(string Own, IReadOnlyList<string> Controllers, bool IsUnified)
{
    private static readonly string[] Wanted = ["memory", "pids", "cpu"];

    /// <summary>The hierarchies that this process is in and that have a controller of ours, as the kernel tells of them.</summary>
    /// <param name="mounts">/proc/self/mountinfo.</param>
    /// <param name="groups">/proc/self/cgroup.</param>
    public static IReadOnlyList<ControlGroupHierarchy> Read(IEnumerable<string> mounts, IEnumerable<string> groups)
    {
        // "number:controllers:path"; version 2 is "0::path".
        var own = groups.Select(line => line.Split(':', 3)).ToDictionary(parts => parts[0] == "0" ? "0" : parts[1], parts => parts[2]);
        var found = new List<ControlGroupHierarchy>();
        foreach (var mount in mounts.Select(line => line.Split(' ')))
        {
            var kind = mount[Array.IndexOf(mount, "-") + 1];
            if (kind == "cgroup" && own.Keys.FirstOrDefault(names => names.Length > 0 && names.Split(',').Any(Wanted.Contains) && names.Split(',').All(mount[^1].Split(',').Contains)) is { } names)
            {
                found.Add(new ControlGroupHierarchy(FolderOf(mount, own[names]), [.. Wanted.Intersect(names.Split(','))], IsUnified: false));
            }
            else if (kind == "cgroup2" && own.TryGetValue("0", out var path))
            {
                found.Add(new ControlGroupHierarchy(FolderOf(mount, path), [], IsUnified: true));
            }
        }

        return found.Exists(hierarchy => !hierarchy.IsUnified)
            ? [.. found.Where(hierarchy => !hierarchy.IsUnified)]
            : [.. found.Select(hierarchy => hierarchy with { Controllers = hierarchy.ReadControllers() })];
    }

    /// <summary>The hierarchies of this machine; none where the kernel has them not.</summary>
    public static IReadOnlyList<ControlGroupHierarchy> Read() =>
        File.Exists("/proc/self/cgroup") ? Read(File.ReadLines("/proc/self/mountinfo"), File.ReadLines("/proc/self/cgroup")) : [];

    /// <summary>Makes the group at <paramref name="path"/> below this process's own, so that limits can be set on it.</summary>
    /// <returns>Its folder.</returns>
    /// <exception cref="IOException">It cannot be made, or takes no limits.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not make it.</exception>
    public string Create(string path)
    {
        var parts = path.Split('/');
        var folder = Own;
        foreach (var part in parts)
        {
            if (IsUnified)
            {
                Delegate(folder);
            }

            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
        }

        return folder;
    }

    // The folder of a group in the file system: a mount may show only a part of the hierarchy, that of a container.
    private static string FolderOf(string[] mount, string group)
    {
        var (root, point) = (mount[3], mount[4]);
        var below = root != "/" && (group == root || group.StartsWith(root + "/", StringComparison.Ordinal)) ? group[root.Length..] : group;
        return Path.Join(point, below).TrimEnd('/');
    }

    // Version 2 gives limits only to groups below one that hands the controllers down, and which has, the root aside, no processes itself.
    private void Delegate(string folder)
    {
        var change = string.Join(' ', Controllers.Select(name => $"+{name}"));
        try
        {
            File.WriteAllText(Path.Combine(folder, "cgroup.subtree_control"), change);
        }
        catch (IOException) when (folder == Own)
        {
            var self = Directory.CreateDirectory(Path.Combine(Own, "imagebuilder-service"));
            File.WriteAllText(Path.Combine(self.FullName, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(Path.Combine(folder, "cgroup.subtree_control"), change);
        }
    }

    private string[] ReadControllers() =>
        Path.Combine(Own, "cgroup.controllers") is var file && File.Exists(file) ? [.. Wanted.Intersect(File.ReadAllText(file).Trim().Split(' '))] : [];
}

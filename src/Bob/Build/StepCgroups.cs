namespace ImageBuilder.Bob.Build;

/// <summary>
/// Control groups of a step. The runtime makes them below its own before it notes the container, so when it is killed between the two they are left and it
/// knows nothing of them.
/// </summary>
internal static class StepCgroups
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>Removes those of <paramref name="container"/> that are left.</summary>
    /// <param name="container">The container's name.</param>
    /// <param name="memberships">Where its builder was, as <c>/proc/self/cgroup</c> says it.</param>
    /// <exception cref="IOException">A process is still in one of them.</exception>
    public static void Remove(string container, IEnumerable<string> memberships)
    {
        foreach (var group in memberships.SelectMany(Parents).Select(parent => Path.Join(parent, container)).Where(Directory.Exists))
        {
            Directory.Delete(group);
        }
    }

    // cgroups(7): "number:controllers:path"; version 2 has no controllers, and there the runtime's groups lie beside its own.
    private static string[] Parents(string membership) => membership.Split(':', 3) switch
    {
        [_, "", var path] => [Path.Join(Root, "unified", path), Path.Join(Root, path, "..")],
        [_, var controllers, var path] => [Path.Join(Root, controllers.Replace("name=", string.Empty, StringComparison.Ordinal), path)],
        _ => [],
    };
}

using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Running;

/// <summary>A test against the running service; it is skipped, with the reason, on a machine that lacks what builds need.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class ServiceFactAttribute : FactAttribute
{
    public ServiceFactAttribute() => Skip = MissingReason;

    /// <summary>Why the service cannot run builds here; null when it can.</summary>
    internal static string? MissingReason { get; } = FindMissingReason();

    private static string? FindMissingReason()
    {
        string[] programs = ["buildah", "runc", "docker-registry", "skopeo", "git", "busybox", "setpriv", .. TestedService.IsCluster ? ["postgres"] : Array.Empty<string>()];
        var missing = programs.Where(program => !MachinePrograms.Exists(program)).ToList();
        return missing.Count > 0 ? $"not on this machine: {string.Join(", ", missing)}"
            : Environment.UserName != "root" ? "builds by buildah with runc need root"
            : null;
    }
}

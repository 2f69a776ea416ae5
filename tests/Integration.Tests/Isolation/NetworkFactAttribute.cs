using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Isolation;

/// <summary>A test of builds with a network of their own; it is skipped, with the reason, where that cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkFactAttribute : ServiceFactAttribute
{
    public NetworkFactAttribute() =>
        Skip ??= MachinePrograms.WhyNot(["slirp4netns", "ip", "nsenter"]) ?? (File.Exists("/dev/net/tun") ? null : "there is no /dev/net/tun");
}

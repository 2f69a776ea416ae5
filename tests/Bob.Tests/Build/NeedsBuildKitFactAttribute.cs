using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>A test that builds with BuildKit; it is skipped, with the reason, where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsBuildKitFactAttribute() : NeedsProgramsFactAttribute("buildkitd", "buildctl", "runc", "docker-registry", "skopeo");

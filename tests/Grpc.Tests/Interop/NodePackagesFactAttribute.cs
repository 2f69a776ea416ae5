namespace ImageBuilder.Grpc.Tests.Interop;

/// <summary>A test that needs Node and packages from npm; it is skipped, with the reason, where they cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodePackagesFactAttribute : FactAttribute
{
    public NodePackagesFactAttribute() => Skip = NodePackages.Missing;
}

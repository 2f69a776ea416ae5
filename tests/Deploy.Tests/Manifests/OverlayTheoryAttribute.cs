namespace ImageBuilder.Deploy.Tests.Manifests;

/// <summary>A test of every overlay; it is skipped, with the reason, where none can be rendered and checked.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OverlayTheoryAttribute : TheoryAttribute
{
    public OverlayTheoryAttribute() => Skip = Overlay.MissingReason;
}

namespace ImageBuilder.Deploy.Tests.Manifests;

/// <summary>A test of an overlay; it is skipped, with the reason, where none can be rendered and checked.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OverlayFactAttribute : FactAttribute
{
    public OverlayFactAttribute() => Skip = Overlay.MissingReason;
}

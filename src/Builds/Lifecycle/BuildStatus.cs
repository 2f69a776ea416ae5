namespace ImageBuilder.Builds.Lifecycle;

/// <summary>Where a build stands. <see cref="BuildLifecycle"/> has the moves between them.</summary>
public enum BuildStatus
{
    /// <summary>Accepted, not yet started.</summary>
    Queued,

    /// <summary>A builder is being started.</summary>
    Launching,

    /// <summary>The builder runs.</summary>
    Running,

    /// <summary>The builder reported success; the image is looked up in the registry.</summary>
    Verifying,

    /// <summary>The image is in the registry.</summary>
    Succeeded,

    /// <summary>Ended without an image.</summary>
    Failed,

    /// <summary>Ended because somebody asked for it.</summary>
    Cancelled,

    /// <summary>Ended because its deadline passed.</summary>
    TimedOut,
}

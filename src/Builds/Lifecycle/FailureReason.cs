namespace ImageBuilder.Builds.Lifecycle;

/// <summary>Why a build ended without an image.</summary>
public enum FailureReason
{
    /// <summary>A fault of the service itself.</summary>
    Internal,

    /// <summary>The repository has no Dockerfile at the path that was named.</summary>
    DockerfileNotFound,

    /// <summary>A step of the Dockerfile failed.</summary>
    BuildStepFailed,

    /// <summary>The build context could not be fetched: repository unreachable, credentials refused, branch or commit missing.</summary>
    ContextUnavailable,

    /// <summary>An image that the Dockerfile stands on does not exist.</summary>
    BaseImageNotFound,

    /// <summary>An image that the Dockerfile stands on may not be pulled with the credentials at hand.</summary>
    BaseImageDenied,

    /// <summary>The registry refused the push.</summary>
    PushDenied,

    /// <summary>A registry answered "too many requests" for longer than the service waits.</summary>
    RateLimited,

    /// <summary>The build waited in the queue for longer than it may.</summary>
    QueueTimeout,

    /// <summary>The build ran for longer than it may.</summary>
    Timeout,

    /// <summary>Somebody asked for the end of the build.</summary>
    Cancelled,

    /// <summary>The builder went away without telling how it ended.</summary>
    BuilderLost,

    /// <summary>The place where builds run did not take the build.</summary>
    LauncherUnavailable,

    /// <summary>The builder ran out of disk.</summary>
    OutOfDisk,
}

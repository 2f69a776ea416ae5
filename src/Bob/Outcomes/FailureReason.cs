namespace ImageBuilder.Bob.Outcomes;

/// <summary>Why bob failed, in the words that the service's build history uses.</summary>
internal enum FailureReason
{
    /// <summary>bob itself, its configuration or the machine is at fault.</summary>
    Internal,

    /// <summary>There is no Dockerfile where the build looks for it.</summary>
    DockerfileNotFound,

    /// <summary>The build context cannot be fetched.</summary>
    ContextUnavailable,

    /// <summary>An image that the build starts from does not exist.</summary>
    BaseImageNotFound,

    /// <summary>An image that the build starts from asks for credentials that the build does not have.</summary>
    BaseImageDenied,

    /// <summary>A step of the Dockerfile failed, or the Dockerfile cannot be read.</summary>
    BuildStepFailed,

    /// <summary>The registry does not take the image from this installation.</summary>
    PushDenied,

    /// <summary>A registry asks to be left alone for now.</summary>
    RateLimited,

    /// <summary>Something that was waited for did not come in time.</summary>
    Timeout,

    /// <summary>bob was asked to stop.</summary>
    Cancelled,

    /// <summary>The machine has no space left.</summary>
    OutOfDisk,
}

using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Storage;

/// <summary>Faults of the disk that what is stored lies on, as they end a build.</summary>
public static class DiskFault
{
    // errno of Linux, which is what HResult of an IOException holds.
    private const int NoSpaceLeft = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int QuotaExceeded = 122;

    /// <summary>How a build ends that <paramref name="error"/> kept from being stored; null when the disk has room and can be written to.</summary>
    public static BuildFailure? Explain(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is IOException { HResult: NoSpaceLeft or QuotaExceeded })
            {
                return new BuildFailure(FailureReason.OutOfDisk, "the service has no space left on its disk; the build was ended, please ask for it again later");
            }

            if (cause is IOException { HResult: ReadOnlyFileSystem })
            {
                return new BuildFailure(FailureReason.OutOfDisk, "the disk of the service cannot be written to; the build was ended, please ask for it again later");
            }
        }

        return null;
    }
}

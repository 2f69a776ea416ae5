using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Build;

/// <summary>What the engine's own words mean.</summary>
internal static class EngineFailure
{
    private const int MaximumLength = 2000;
    private const string Mark = "Error: ";

    /// <summary>The failure that buildah's last output of a build tells of.</summary>
    public static BobException OfBuild(string tail)
    {
        var error = LastError(tail);
        return Explain(
            true switch
            {
                _ when OutOfDisk.IsIn(error) => FailureReason.OutOfDisk,
                _ when Says(error, "no stage or image found with that name") => FailureReason.BaseImageNotFound,
                _ when !IsPull(error) => FailureReason.BuildStepFailed,
                _ => RefusalOf(error),
            },
            error);
    }

    /// <summary>The failure that buildah's last output of a push tells of.</summary>
    public static BobException OfPush(string tail)
    {
        var error = LastError(tail);
        return OfPush(error, OutOfDisk.IsIn(error) ? FailureReason.OutOfDisk : RefusalOf(error));
    }

    /// <summary>The failure of a push, with what the registry's refusal would mean were it the base image's.</summary>
    public static BobException OfPush(string error, FailureReason refusal) => refusal switch
    {
        FailureReason.OutOfDisk => Explain(FailureReason.OutOfDisk, error),
        FailureReason.BaseImageDenied => CannotPush(FailureReason.PushDenied, error),
        FailureReason.RateLimited => CannotPush(FailureReason.RateLimited, error),
        _ => CannotPush(FailureReason.Internal, error),
    };

    /// <summary>What a registry means that refuses the base image in these words.</summary>
    public static FailureReason RefusalOf(string error) => true switch
    {
        _ when Says(error, "toomanyrequests", "too many requests") => FailureReason.RateLimited,
        _ when Says(error, "unauthorized", "denied", "403", "forbidden", "authentication required") => FailureReason.BaseImageDenied,
        _ when Says(error, "manifest unknown", "name unknown", "not found", "404") => FailureReason.BaseImageNotFound,
        _ => FailureReason.BuildStepFailed,
    };

    /// <summary>A build's failure for <paramref name="reason"/>, told with the engine's own words.</summary>
    public static BobException Explain(FailureReason reason, string error)
    {
        var words = error.Length <= MaximumLength ? error : error[..MaximumLength] + "…";
        return new BobException(reason, reason switch
        {
            FailureReason.OutOfDisk => OutOfDisk.Message,
            FailureReason.BaseImageNotFound => $"build failed: base image not found: {words}",
            FailureReason.BaseImageDenied => $"build failed: access to the base image is denied; it may not exist, or the request lacks its credentials: {words}",
            FailureReason.RateLimited => $"build failed: the base image's registry limits requests, try again later: {words}",
            _ when Says(error, "unexpected HTTP status: 5") => $"build failed: the base image's registry cannot be reached, or failed: {words}",
            _ => $"build failed: {words}",
        });
    }

    private static BobException CannotPush(FailureReason reason, string error) => new(reason, $"build failed: the image cannot be pushed: {error}");

    // What a step writes stands before the engine's last error, so it cannot pass for this.
    private static bool IsPull(string error) =>
        Says(error, "initializing source docker://");

    private static bool Says(string output, params ReadOnlySpan<string> phrases)
    {
        foreach (var phrase in phrases)
        {
            if (output.Contains(phrase, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string LastError(string tail)
    {
        var start = tail.LastIndexOf("\n" + Mark, StringComparison.Ordinal) is var mark and >= 0 ? mark + 1 : tail.StartsWith(Mark, StringComparison.Ordinal) ? 0 : -1;
        var error = start < 0
            ? string.Join('\n', tail.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3))
            : tail[(start + Mark.Length)..].Trim();
        return error.Length == 0 ? "the engine gave no reason" : error;
    }
}

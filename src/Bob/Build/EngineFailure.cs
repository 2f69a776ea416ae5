using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Build;

/// <summary>What the engine's own words mean.</summary>
internal static class EngineFailure
{
    private const int MaximumLength = 2000;
    private const string Mark = "Error: ";

    /// <summary>The failure that a build's last output tells of.</summary>
    public static BobException OfBuild(string tail)
    {
        var error = LastError(tail);
        var reason = true switch
        {
            _ when OutOfDisk.IsIn(error) => FailureReason.OutOfDisk,
            _ when Says(error, "no stage or image found with that name") => FailureReason.BaseImageNotFound,
            _ when !IsPull(error) => FailureReason.BuildStepFailed,
            _ when Says(error, "toomanyrequests", "too many requests") => FailureReason.RateLimited,
            _ when Says(error, "unauthorized", "denied", "403", "forbidden", "authentication required") => FailureReason.BaseImageDenied,
            _ when Says(error, "manifest unknown", "name unknown", "not found", "404") => FailureReason.BaseImageNotFound,
            _ => FailureReason.BuildStepFailed,
        };
        return new BobException(reason, reason switch
        {
            FailureReason.OutOfDisk => OutOfDisk.Message,
            FailureReason.BaseImageNotFound => $"build failed: base image not found: {error}",
            FailureReason.BaseImageDenied => $"build failed: access to the base image is denied; it may not exist, or the request lacks its credentials: {error}",
            FailureReason.RateLimited => $"build failed: the base image's registry limits requests, try again later: {error}",
            _ when Says(error, "unexpected HTTP status: 5") => $"build failed: the base image's registry cannot be reached, or failed: {error}",
            _ => $"build failed: {error}",
        });
    }

    /// <summary>The failure that a push's last output tells of.</summary>
    public static BobException OfPush(string tail)
    {
        var error = LastError(tail);
        var reason = true switch
        {
            _ when OutOfDisk.IsIn(error) => FailureReason.OutOfDisk,
            _ when Says(error, "unauthorized", "denied", "403", "forbidden", "authentication required") => FailureReason.PushDenied,
            _ when Says(error, "toomanyrequests", "too many requests") => FailureReason.RateLimited,
            _ => FailureReason.Internal,
        };
        return new BobException(reason, reason == FailureReason.OutOfDisk ? OutOfDisk.Message : $"build failed: the image cannot be pushed: {error}");
    }

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
        return error.Length == 0 ? "the engine gave no reason" : error.Length <= MaximumLength ? error : error[..MaximumLength] + "…";
    }
}

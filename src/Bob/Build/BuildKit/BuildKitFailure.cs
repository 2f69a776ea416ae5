using System.Text.RegularExpressions;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Proxy;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>What BuildKit's own words mean.</summary>
internal static partial class BuildKitFailure
{
    private const string LogLost = "error: failed to receive status: rpc error: code = Canceled desc = context canceled";
    private const string DeniedByPolicy = "denied by policy";

    /// <summary>
    /// Whether all that failed is that the log did not arrive: when the image is there, and pushed, buildctl takes what is left of it for three seconds and then gives up. A
    /// build that failed says why instead.
    /// </summary>
    public static bool IsOfLogAlone(string output) => output.TrimEnd().EndsWith(LogLost, StringComparison.Ordinal);

    /// <summary>
    /// Whether a build failed because another one in the same daemon wanted the same layer: of those who wait for it BuildKit asks any for the password of the proxy that it
    /// is fetched through.
    /// </summary>
    /// <param name="output">The last output of the build.</param>
    /// <param name="proxy">Host and port of its own proxy.</param>
    public static bool IsOfSharedPull(string output, string proxy) =>
        Error().Matches(output).LastOrDefault()?.Groups["error"].Value is { } error && !StepFailed().IsMatch(error)
        && (error.Contains(ProxyKey.Refusal, StringComparison.Ordinal) || PulledThrough().Match(error) is { Success: true } pull && pull.Groups["proxy"].Value != proxy);

    /// <summary>The failure that the last output of a build from <paramref name="images"/> tells of.</summary>
    public static BobException Of(string output, ProxiedImages images)
    {
        // What a step writes stands behind its number, so no line of it begins like this.
        var found = Error().Matches(output).LastOrDefault()?.Groups["error"].Value.Trim();
        var error = found is { Length: > 0 } ? images.WithoutProxy(found) : "the engine gave no reason";
        return found switch
        {
            null => EngineFailure.Explain(FailureReason.BuildStepFailed, error),
            _ when OutOfDisk.IsIn(error) => EngineFailure.Explain(FailureReason.OutOfDisk, error),
            _ when StepFailed().IsMatch(error) => EngineFailure.Explain(FailureReason.BuildStepFailed, AtStep(output, error)),
            _ when error.Contains(DeniedByPolicy, StringComparison.Ordinal) => EngineFailure.Explain(
                FailureReason.BaseImageDenied, $"{error}; images are taken only where the Dockerfile names them by FROM, COPY --from or --mount from"),
            _ when error.Contains("failed to push", StringComparison.Ordinal) => EngineFailure.OfPush(error, EngineFailure.RefusalOf(error)),
            _ => EngineFailure.Explain(images.AreIn(found) ? EngineFailure.RefusalOf(error) : FailureReason.BuildStepFailed, error),
        };
    }

    private static string AtStep(string output, string error) =>
        FailedStep().Matches(output).LastOrDefault() is { } step ? $"{step.Groups["step"].Value}: {error}" : error;

    [GeneratedRegex(@"^error: (?:failed to solve: )?(?:rpc error: code = \w+ desc = )?(?<error>.*)$", RegexOptions.Multiline)]
    private static partial Regex Error();

    [GeneratedRegex("http://(?<proxy>[^/]+)/v2/ns/")]
    private static partial Regex PulledThrough();

    [GeneratedRegex(@"^process "".*"" did not complete successfully: ", RegexOptions.Singleline)]
    private static partial Regex StepFailed();

    [GeneratedRegex(@"^------\n > (?<step>\[.*\] .*):$", RegexOptions.Multiline)]
    private static partial Regex FailedStep();
}

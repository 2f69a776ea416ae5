namespace ImageBuilder.Sandbox.Cancels;

/// <summary>
/// A Dockerfile whose step starts processes that ignore signals, leave their session and their parent, and would never end; then it makes something
/// that takes a while to store and push.
/// </summary>
internal static class StubbornDockerfile
{
    /// <summary>Name of the variable by which the step's processes are known.</summary>
    public const string MarkVariable = "STUBBORN_MARK";

    /// <summary>What the step says when all of them run.</summary>
    public const string Started = "none of us will end";

    /// <summary>What the engine says when the step is over.</summary>
    public const string Stored = "COMMIT";

    /// <summary>One from <paramref name="image"/>, whose processes have <paramref name="mark"/> in their environment.</summary>
    public static string Text(string image, string mark) =>
        $"""
        FROM {image}
        ENV {MarkVariable}={mark}
        RUN trap '' TERM HUP INT; setsid sh -c 'while :; do sleep 1; done' & setsid sh -c '(while :; do sleep 1; done) & exit' ; printf 'none of us %s\n' 'will end'; sleep 1; dd if=/dev/urandom of=/ballast bs=1M count=8 2>/dev/null

        """;
}

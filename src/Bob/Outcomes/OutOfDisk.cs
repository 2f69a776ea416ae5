namespace ImageBuilder.Bob.Outcomes;

/// <summary>How a full disk shows, and what is said of it.</summary>
internal static class OutOfDisk
{
    /// <summary>What the user reads.</summary>
    public const string Message = "build failed: the machine that builds has no space left on its disk";

    private const int NoSpaceLeft = 28;

    /// <summary>Whether a program's output says so.</summary>
    public static bool IsIn(string output) => output.Contains("no space left on device", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether <paramref name="exception"/> came of it.</summary>
    public static bool IsCause(IOException exception) => exception.HResult == NoSpaceLeft || IsIn(exception.Message);
}

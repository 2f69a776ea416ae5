namespace ImageBuilder.Sandbox.Processes;

/// <summary>What a program that ran to its end left behind.</summary>
public sealed record CommandResult(string Output, string Errors)
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; init; }
}

namespace ImageBuilder.Bob.Processes;

/// <summary>How a program ended. A class, since generic code for classes is compiled ahead of time.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Tail">The end of its output.</param>
internal sealed record CommandResult(int ExitCode, string Tail);

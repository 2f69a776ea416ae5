namespace ImageBuilder.Cli;

/// <summary>What the command tells the shell.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The build failed, or the service could not be asked.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ended by the user, as shells number SIGINT.</summary>
    public const int Interrupted = 130;
}

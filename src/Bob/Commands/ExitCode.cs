namespace ImageBuilder.Bob.Commands;

/// <summary>The exit codes of bob.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>The verb failed or was stopped; <c>.gitpod/outcome.json</c> says why.</summary>
    public const int Failed = 1;

    /// <summary>A flag, variable or the document on stdin is not as it must be.</summary>
    public const int Usage = 2;
}

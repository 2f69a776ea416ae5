namespace ImageBuilder.Silo.Commands;

/// <summary>How the process says that it ended.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>The command line or the configuration is wrong; one line on stderr says what.</summary>
    public const int WrongConfiguration = 2;
}

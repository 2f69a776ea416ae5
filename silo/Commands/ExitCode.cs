namespace ImageBuilder.Silo.Commands;

/// <summary>How the process says that it ended.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>The command line or the configuration is wrong; one line on stderr says what.</summary>
    public const int WrongConfiguration = 2;

    /// <summary>The database has a schema that this version of the service does not work with; one line on stderr says which, and what to do.</summary>
    public const int WrongSchema = 3;

    /// <summary>The database cannot be reached, or refuses; one line on stderr says why.</summary>
    public const int DatabaseFailed = 4;
}

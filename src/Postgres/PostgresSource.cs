using System.Data.Common;
using Npgsql;

namespace ImageBuilder.Postgres;

/// <summary>The connections of one process to its database: one pool, bounded.</summary>
public static class PostgresSource
{
    /// <summary>Connections of one process, where the connection string does not say: a hundred silos would take all that a server has.</summary>
    public const int DefaultConnections = 20;

    /// <summary>Seconds that a connection may take, where the connection string does not say.</summary>
    public const int DefaultConnectSeconds = 5;

    /// <summary>Seconds that a command may take, where the connection string does not say.</summary>
    public const int DefaultCommandSeconds = 10;

    /// <summary>Opens nothing yet. What the pool tells of itself, in logs and exceptions, does not hold the password.</summary>
    /// <param name="connectionString">As Npgsql takes it.</param>
    /// <exception cref="ArgumentException">It is no connection string; the message shows nothing of it.</exception>
    public static NpgsqlDataSource Create(string connectionString)
    {
        var settings = Parse(connectionString);
        var said = new DbConnectionStringBuilder { ConnectionString = settings.ConnectionString };
        settings.MaxPoolSize = said.ContainsKey("Maximum Pool Size") ? settings.MaxPoolSize : DefaultConnections;
        settings.Timeout = said.ContainsKey("Timeout") ? settings.Timeout : DefaultConnectSeconds;
        settings.CommandTimeout = said.ContainsKey("Command Timeout") ? settings.CommandTimeout : DefaultCommandSeconds;
        settings.ApplicationName ??= "imagebuilder";
        settings.PersistSecurityInfo = false;
        settings.IncludeErrorDetail = false;
        settings.LogParameters = false;
        return NpgsqlDataSource.Create(settings);
    }

    // What Npgsql says of a wrong one may show a part of it, and so of a password.
    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (!string.IsNullOrEmpty(settings.Host))
            {
                return settings;
            }
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
        {
        }

        throw new ArgumentException(
            "The connection string is not one that Npgsql takes: it must be like Host=…;Database=…;Username=…;Password=…, and a value with ';' or '=' must be in quotes.");
    }
}

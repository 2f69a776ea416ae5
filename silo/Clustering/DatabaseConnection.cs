using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Silo.Configuration;
using Npgsql;

namespace ImageBuilder.Silo.Clustering;

/// <summary>Where the cluster's database is.</summary>
internal static class DatabaseConnection
{
    private const string FileKey = "cluster.connectionStringFile";
    private const string VariableKey = "cluster.connectionStringVariable";
    private const int LongestFile = 64 << 10;

    /// <summary>The connection string. It may hold a password: it is never shown.</summary>
    /// <exception cref="ConfigurationException">There is none where the configuration says.</exception>
    public static string Read(ClusterConfiguration cluster)
    {
        if (cluster.ConnectionStringFile is { } file)
        {
            return ReadFile(file);
        }

        var variable = cluster.ConnectionStringVariable!;
        return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value.Trim()
            : throw Refuse(VariableKey, $"must be the name of an environment variable with the connection string; {variable} is not set");
    }

    /// <summary>The connections of a silo or a gateway, one pool for all that it keeps in the database. Opens none yet.</summary>
    /// <exception cref="ConfigurationException">There is no connection string where the configuration says.</exception>
    public static NpgsqlDataSource Open(ClusterConfiguration cluster)
    {
        try
        {
            return PostgresSource.Create(Read(cluster));
        }
        catch (ArgumentException wrong)
        {
            throw Refuse(cluster.ConnectionStringFile is null ? VariableKey : FileKey, $"names what is no connection string. {wrong.Message}");
        }
    }

    /// <summary>Looks whether the database has the tables that this version of the service needs.</summary>
    /// <exception cref="SchemaException">It has others.</exception>
    /// <exception cref="NpgsqlException">It cannot be reached, or refuses.</exception>
    public static Task CheckSchemaAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => new DatabaseSchema(database).CheckAsync(cancellationToken);

    private static string ReadFile(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LongestFile)
            {
                throw Refuse(FileKey, $"must be the path of a file of up to {LongestFile} bytes; {file} is larger");
            }

            return File.ReadAllText(file).Trim() is { Length: > 0 } text ? text : throw Refuse(FileKey, $"must be the path of a file with a connection string; {file} is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse(FileKey, $"must be the path of a file that the service can read; {error.Message}");
        }
    }

    private static ConfigurationException Refuse(string key, string message) => new(new ConfigurationError(key, message));
}

using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Silo.Clustering;
using ImageBuilder.Silo.Configuration;
using Npgsql;

namespace ImageBuilder.Silo.Commands;

/// <summary><c>migrate --config FILE</c>: brings the tables of a cluster's database to what this version of the service needs.</summary>
internal static class MigrateCommand
{
    /// <summary>Migrates the database that the configuration in <paramref name="path"/> names.</summary>
    public static async Task<int> RunFileAsync(string path, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var result = ConfigurationFile.Load(path);
        if (!result.Succeeded)
        {
            return await RunCommand.RefuseAsync(result.Error, error);
        }

        if (result.Configuration.Cluster.Kind == ClusterKind.Single)
        {
            return await RunCommand.RefuseAsync(new ConfigurationError("cluster.kind", "must be \"postgresql\"; with \"single\" there is no database to migrate"), error);
        }

        try
        {
            return await RunAsync(DatabaseConnection.Read(result.Configuration.Cluster), output, error, cancellationToken);
        }
        catch (ConfigurationException refused)
        {
            return await RunCommand.RefuseAsync(refused.Error, error);
        }
    }

    /// <summary>Prints a line for each migration that it made, and what the schema is now; or on <paramref name="error"/> one line that says why it could not.</summary>
    public static async Task<int> RunAsync(string connectionString, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await using var database = PostgresSource.Create(connectionString);
            await new DatabaseSchema(database).MigrateAsync(made => output.WriteLine($"made {made.Version} {made.Name}"), cancellationToken);
            await output.WriteLineAsync($"the database has schema {DatabaseSchema.Version}");
            return ExitCode.Ok;
        }
        catch (ArgumentException wrong)
        {
            return await RefuseAsync(ExitCode.WrongConfiguration, wrong.Message, error);
        }
        catch (SchemaException newer)
        {
            return await RefuseAsync(ExitCode.WrongSchema, newer.Message, error);
        }
        catch (NpgsqlException failure)
        {
            return await RefuseAsync(
                ExitCode.DatabaseFailed,
                $"the database could not be migrated: {Explain(failure)}. What was made stays; run the command again when this is mended.",
                error);
        }
    }

    /// <summary>A refusal of the server in its own words, which name no secret; else the last cause, such as "Connection refused", behind Npgsql's, which names the host.</summary>
    public static string Explain(NpgsqlException failure) => (failure switch
    {
        PostgresException refusal => $"{refusal.MessageText} ({refusal.SqlState})",
        { InnerException: { } cause } => $"{failure.Message}: {cause.GetBaseException().Message}",
        _ => failure.Message,
    }).ReplaceLineEndings(" ");

    private static async Task<int> RefuseAsync(int code, string reason, TextWriter error)
    {
        await error.WriteLineAsync($"imagebuilder-silo: {reason}");
        return code;
    }
}

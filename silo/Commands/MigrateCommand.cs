using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using Npgsql;

namespace ImageBuilder.Silo.Commands;

/// <summary><c>migrate --config FILE</c>: brings the tables of a cluster's database to what this version of the service needs.</summary>
internal static class MigrateCommand
{
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

    // A refusal of the server in its own words, which name no secret; else the last cause, such as "Connection refused", behind Npgsql's, which names the host.
    private static string Explain(NpgsqlException failure) => (failure switch
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

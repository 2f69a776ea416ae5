using Npgsql;

namespace ImageBuilder.Postgres.Schema;

/// <summary>
/// The tables of a cluster: those of Orleans' providers and those of the log store. Table <c>imagebuilder_schema</c> says which migrations made them.
/// </summary>
public sealed class DatabaseSchema(NpgsqlDataSource database)
{
    // Chosen once; whoever migrates holds it for as long as a migration takes.
    private const long Lock = 0x696d6167_65627569;

    /// <summary>The version that this program works with.</summary>
    public static int Version => Migration.All[^1].Version;

    /// <summary>
    /// Brings the schema to <see cref="Version"/>, one transaction a migration. Any number of processes may do so at once: each migration is made by one.
    /// </summary>
    /// <param name="made">Called after each migration that was made.</param>
    /// <param name="cancellationToken">Leaves the migrations that are not made yet.</param>
    /// <exception cref="SchemaException">The schema is newer than this program.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses; what was made before stays.</exception>
    public async Task MigrateAsync(Action<Migration> made, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var migration in Migration.All)
        {
            if (await MakeAsync(connection, migration, cancellationToken))
            {
                made(migration);
            }
        }
    }

    /// <summary>Looks whether the schema is of <see cref="Version"/>.</summary>
    /// <exception cref="SchemaException">It is not.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var found = await ReadVersionAsync(connection, cancellationToken);
        RefuseNewer(found);
        if (found < Version)
        {
            throw new SchemaException(found == 0
                ? "the database has no tables of this service; run imagebuilder-silo migrate"
                : $"the database has schema {found}, this version of the service needs {Version}; run imagebuilder-silo migrate");
        }
    }

    private static async Task<bool> MakeAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancellationToken);
        var found = await ReadVersionAsync(connection, cancellationToken);
        RefuseNewer(found);
        if (found >= migration.Version)
        {
            return false;
        }

        await ExecuteAsync(
            connection,
            "CREATE TABLE IF NOT EXISTS imagebuilder_schema (version integer PRIMARY KEY, name text NOT NULL, made_at timestamptz NOT NULL DEFAULT now())",
            cancellationToken);
        await ExecuteAsync(connection, migration.ReadSql(), cancellationToken);
        await using var note = new NpgsqlCommand("INSERT INTO imagebuilder_schema (version, name) VALUES ($1, $2)", connection)
        {
            Parameters = { new() { Value = migration.Version }, new() { Value = migration.Name } },
        };
        await note.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static void RefuseNewer(int found)
    {
        if (found > Version)
        {
            throw new SchemaException(
                $"the database has schema {found}, which is newer than {Version}, the one of this version of the service; run a version that knows it");
        }
    }

    private static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('imagebuilder_schema') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return 0;
        }

        await using var read = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM imagebuilder_schema", connection);
        return (int)(await read.ExecuteScalarAsync(cancellationToken))!;
    }

    // A migration may take long, and so may the wait for another's.
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

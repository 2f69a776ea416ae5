using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Sandbox.Postgres;
using Npgsql;

namespace ImageBuilder.Testing;

/// <summary>
/// One PostgreSQL server for all tests of the assembly, which run one after the other, since some restart it. It starts when first asked for. Test projects share
/// this file, since a collection belongs to an assembly.
/// </summary>
[CollectionDefinition(Collection)]
public sealed class PostgresFixture : ICollectionFixture<PostgresFixture>, IAsyncLifetime
{
    public const string Collection = "postgres";

    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());
    private Lazy<Task<NpgsqlDataSource>>? _migrated;

    public Task<PostgresServer> ServerAsync() => _server.Value;

    public async Task<string> CreateDatabaseAsync() => await (await ServerAsync()).CreateDatabaseAsync();

    /// <summary>A database with our tables, for all tests that put nothing into it but what is theirs alone.</summary>
    public Task<NpgsqlDataSource> MigratedAsync() => (_migrated ??= new(CreateMigratedAsync)).Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_migrated is not null)
        {
            await (await _migrated.Value).DisposeAsync();
        }

        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }

    private async Task<NpgsqlDataSource> CreateMigratedAsync()
    {
        var source = PostgresSource.Create(await CreateDatabaseAsync());
        await new DatabaseSchema(source).MigrateAsync(_ => { }, default);
        return source;
    }
}

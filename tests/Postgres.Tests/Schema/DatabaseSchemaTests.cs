using ImageBuilder.Postgres.Schema;
using ImageBuilder.Testing;
using Npgsql;

namespace ImageBuilder.Postgres.Tests.Schema;

[Collection(PostgresFixture.Collection)]
public sealed class DatabaseSchemaTests(PostgresFixture postgres) : IAsyncLifetime
{
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        if (MachinePrograms.Exists("postgres"))
        {
            _database = PostgresSource.Create(await postgres.CreateDatabaseAsync());
        }
    }

    public async Task DisposeAsync() => await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public void Migrations_ByVersion_HaveNoGap()
    {
        Migration.All.Select(migration => migration.Version).ShouldBe(Enumerable.Range(1, DatabaseSchema.Version));
    }

    [NeedsProgramsFact("postgres")]
    public async Task Migrate_EmptyDatabase_MakesEachMigrationOnce()
    {
        (await MigrateAsync()).ShouldBe(Migration.All);
        (await MigrateAsync()).ShouldBeEmpty();

        await Schema.CheckAsync(default);
        (await ReadAsync<string>("SELECT string_agg(version || ' ' || name, ', ' ORDER BY version) FROM imagebuilder_schema"))
            .ShouldBe(string.Join(", ", Migration.All.Select(migration => $"{migration.Version} {migration.Name}")));
    }

    [NeedsProgramsFact("postgres")]
    public async Task Migrate_ManyAtOnce_MakeEachMigrationOnce()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(MigrateAsync)));

        made.SelectMany(migrations => migrations).OrderBy(migration => migration.Version).ShouldBe(Migration.All);
    }

    [NeedsProgramsFact("postgres")]
    public async Task Migrate_OneFails_LeavesNothingOfItAndGoesOnWhenItCan()
    {
        await ReadAsync<object>("CREATE TABLE orleans_reminder (in_the_way integer)");

        await Should.ThrowAsync<PostgresException>(MigrateAsync);

        (await ReadAsync<int>("SELECT max(version) FROM imagebuilder_schema")).ShouldBe(2);
        (await ReadAsync<bool>("SELECT EXISTS (SELECT FROM OrleansQuery WHERE QueryKey LIKE '%Reminder%')")).ShouldBeFalse();
        await ReadAsync<object>("DROP TABLE orleans_reminder");
        (await MigrateAsync()).ShouldBe(Migration.All.Skip(2));
    }

    [NeedsProgramsFact("postgres")]
    public async Task MigrateAndCheck_NewerSchema_AreRefusedAndChangeNothing()
    {
        await MigrateAsync();
        await ReadAsync<object>($"INSERT INTO imagebuilder_schema (version, name) VALUES ({DatabaseSchema.Version + 1}, 'of the future')");

        foreach (var refused in new Func<Task>[] { MigrateAsync, () => Schema.CheckAsync(default) })
        {
            (await Should.ThrowAsync<SchemaException>(refused)).Message.ShouldBe(
                $"the database has schema {DatabaseSchema.Version + 1}, which is newer than {DatabaseSchema.Version}, the one of this version of the service; run a version that knows it");
        }
    }

    [NeedsProgramsFact("postgres")]
    public async Task Check_NoOrOlderSchema_SaysToMigrate()
    {
        (await Should.ThrowAsync<SchemaException>(() => Schema.CheckAsync(default))).Message
            .ShouldBe("the database has no tables of this service; run imagebuilder-silo migrate");

        await MigrateAsync();
        await ReadAsync<object>($"DELETE FROM imagebuilder_schema WHERE version = {DatabaseSchema.Version}");

        (await Should.ThrowAsync<SchemaException>(() => Schema.CheckAsync(default))).Message
            .ShouldBe($"the database has schema {DatabaseSchema.Version - 1}, this version of the service needs {DatabaseSchema.Version}; run imagebuilder-silo migrate");
    }

    private DatabaseSchema Schema => new(_database);

    private async Task<List<Migration>> MigrateAsync()
    {
        var made = new List<Migration>();
        await Schema.MigrateAsync(made.Add, default);
        return made;
    }

    private async Task<T?> ReadAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T?)await command.ExecuteScalarAsync();
    }
}

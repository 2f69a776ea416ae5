using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Silo.Commands;
using ImageBuilder.Testing;

namespace ImageBuilder.Silo.Tests.Commands;

[Collection(PostgresFixture.Collection)]
public sealed class MigrateCommandTests(PostgresFixture postgres) : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [NeedsProgramsFact("postgres")]
    public async Task Run_EmptyDatabase_SaysWhatItMadeAndTheSecondTimeNothing()
    {
        var database = await postgres.CreateDatabaseAsync();

        (await RunAsync(database)).ShouldBe(0);
        (await RunAsync(database)).ShouldBe(0);

        var now = $"the database has schema {DatabaseSchema.Version}\n";
        _output.ToString().ShouldBe(string.Concat(Migration.All.Select(made => $"made {made.Version} {made.Name}\n")) + now + now);
        _error.ToString().ShouldBeEmpty();
    }

    [NeedsProgramsFact("postgres")]
    public async Task Run_NewerSchema_IsRefusedWithACodeOfItsOwn()
    {
        var database = await postgres.CreateDatabaseAsync();
        await RunAsync(database);
        await using (var source = PostgresSource.Create(database))
        {
            await using var future = source.CreateCommand("INSERT INTO imagebuilder_schema (version, name) VALUES (9999, 'of the future')");
            await future.ExecuteNonQueryAsync();
        }

        (await RunAsync(database)).ShouldBe(3);

        _error.ToString().ShouldBe(
            $"imagebuilder-silo: the database has schema 9999, which is newer than {DatabaseSchema.Version}, the one of this version of the service; run a version that knows it\n");
    }

    [Fact]
    public async Task Run_NobodyListens_SaysItInOneLineWithoutThePassword()
    {
        (await RunAsync("Host=127.0.0.1;Port=1;Username=a;Password=hunter2")).ShouldBe(4);

        _error.ToString().ShouldBe(
            "imagebuilder-silo: the database could not be migrated: Failed to connect to 127.0.0.1:1: Connection refused. What was made stays; run the command again when this is mended.\n");
    }

    [NeedsProgramsFact("postgres")]
    public async Task Run_DatabaseRefuses_SaysItInOneLineWithoutThePassword()
    {
        var database = await postgres.CreateDatabaseAsync();

        (await RunAsync(database + "hunter2")).ShouldBe(4);

        var line = _error.ToString();
        line.ShouldStartWith("imagebuilder-silo: the database could not be migrated: password authentication failed for user \"imagebuilder\" (28P01). ");
        line.Count(character => character == '\n').ShouldBe(1);
        line.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Run_NoConnectionString_IsWrongConfiguration()
    {
        (await RunAsync("Password=hunt;er2")).ShouldBe(2);

        _error.ToString().ShouldStartWith("imagebuilder-silo: The connection string is not one that Npgsql takes");
        _error.ToString().ShouldNotContain("er2");
    }

    private Task<int> RunAsync(string connectionString) => MigrateCommand.RunAsync(connectionString, _output, _error, CancellationToken.None);
}

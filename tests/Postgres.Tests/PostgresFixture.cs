using ImageBuilder.Sandbox.Postgres;

namespace ImageBuilder.Postgres.Tests;

/// <summary>One PostgreSQL server for all tests of the assembly, which run one after the other, since some restart it. It starts when first asked for.</summary>
[CollectionDefinition(Collection)]
public sealed class PostgresFixture : ICollectionFixture<PostgresFixture>, IAsyncLifetime
{
    public const string Collection = "postgres";

    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());

    public Task<PostgresServer> ServerAsync() => _server.Value;

    public async Task<string> CreateDatabaseAsync() => await (await ServerAsync()).CreateDatabaseAsync();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}

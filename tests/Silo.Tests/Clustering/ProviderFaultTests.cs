using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Silo.Tests.Configuration;
using ImageBuilder.Testing;
using Npgsql;
using Orleans.Configuration;

namespace ImageBuilder.Silo.Tests.Clustering;

/// <summary>What callers of grains are told of faults of the database that Orleans' own providers meet.</summary>
[Collection(PostgresFixture.Collection)]
public sealed class ProviderFaultTests(PostgresFixture postgres) : IDisposable
{
    private const int Images = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The grains of so many images and builds, and who keeps their reminders, are on both silos.</summary>
    [PackageFact(typeof(AdoNetClusteringSiloOptions), "postgres")]
    public async Task Build_RemindersCannotBeStored_MayBeAskedForAgain()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var source = PostgresSource.Create(database);
        await new DatabaseSchema(source).MigrateAsync(_ => { }, default);
        await using var first = await ClusterMember.Silo(_folder, database, "first", tls: null).StartAsync(Patience);
        await using var second = await ClusterMember.Silo(_folder, database, "second", tls: null).StartAsync(Patience);
        await using var gateway = await ClusterMember.Gateway(_folder, database, tls: null).StartAsync(Patience);
        await ExecuteAsync(source, "ALTER TABLE orleans_reminder RENAME TO orleans_reminder_away");

        var faults = await Task.WhenAll(Enumerable.Range(0, Images).Select(number => Should.ThrowAsync<Exception>(() => BuildAsync(gateway, number))));

        faults.ShouldAllBe(fault => GrainCalls.IsPassing(fault), string.Join('\n', faults.Select(fault => $"{fault.GetType()}: {fault.Message}").Distinct()));
        faults.ShouldAllBe(fault => fault.Message.Contains("\"orleans_reminder\" does not exist", StringComparison.Ordinal));
        await ExecuteAsync(source, "ALTER TABLE orleans_reminder_away RENAME TO orleans_reminder");
        await Task.WhenAll(Enumerable.Range(0, Images).Select(number => BuildAsync(gateway, number)));
    }

    private static Task<BuildTicket> BuildAsync(ClusterMember gateway, int number)
    {
        var order = new BuildOrderMessage($"registry.invalid/workspace:{number}", "registry.invalid/base", null, false, false, "", "", RegistryAccessMessage.Nothing, "", "");
        return gateway.Grains.GetGrain<IImageGrain>(order.WorkspaceRef).Build(order);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

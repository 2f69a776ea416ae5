using System.Collections.Immutable;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Grains;
using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Logs;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Sandbox.Postgres;
using ImageBuilder.Silo.Hosting;
using ImageBuilder.Silo.Storage;
using ImageBuilder.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Silo.Tests.Storage;

/// <summary>States in the database by Orleans' own provider, in a silo that runs.</summary>
[Collection(PostgresFixture.Collection)]
public sealed class PostgresGrainStorageTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly GrainId Build = GrainId.Create(GrainType.Create("build"), GrainIdKeyExtensions.CreateGuidKey(Guid.NewGuid()));

    private readonly List<IAsyncDisposable> _disposables = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var disposable in Enumerable.Reverse(_disposables))
        {
            await disposable.DisposeAsync();
        }
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task AddPostgresStorage_OfASilo_KeepsStatesAndLogsInTheDatabase()
    {
        var services = (await StartAsync(await MigrateAsync())).Services;

        services.GetRequiredKeyedService<IGrainStorage>(StateStorage.Name).ShouldBeOfType<PostgresGrainStorage>();
        services.GetRequiredService<IUnreadableStates>().ShouldBeOfType<PostgresGrainStorage>();
        services.GetRequiredService<IBuildLogs>().ShouldBeOfType<PostgresBuildLogs>();
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Read_AfterWrite_IsWhatWasWritten()
    {
        var (storage, _) = await OpenAsync();
        (await ReadAsync(storage, Build)).ShouldSatisfyAllConditions(
            state => state.State!.Name.ShouldBeNull(), state => state.ETag.ShouldBeNull(), state => state.RecordExists.ShouldBeFalse());
        var step = new Step("FROM", new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.FromHours(2)), TimeSpan.FromTicks(12345), long.MaxValue);
        await WriteAsync(storage, Build, new BuildRecord { Name = "with \"quotes\", \0 and ünïcode", Phase = BuildPhase.Running, Steps = [step], Last = step });

        var read = await ReadAsync(storage, Build);

        read.RecordExists.ShouldBeTrue();
        read.State!.Name.ShouldBe("with \"quotes\", \0 and ünïcode");
        read.State.Phase.ShouldBe(BuildPhase.Running);
        read.State.Steps.ShouldBe(ImmutableArray.Create(step));
        read.State.Last.ShouldBe(step);
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task WriteAndClear_OfAStateThatAnotherHasWritten_AreRefused()
    {
        var (storage, _) = await OpenAsync();
        var first = await WriteAsync(storage, Build, new BuildRecord { Name = "first" });
        var other = await ReadAsync(storage, Build);
        other.State!.Name = "second";
        await storage.WriteStateAsync("build", Build, other);

        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("build", Build, first));
        await Should.ThrowAsync<InconsistentStateException>(() => storage.ClearStateAsync("build", Build, first));
        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(storage, Build, new BuildRecord { Name = "as new" }));
        await Should.ThrowAsync<InconsistentStateException>(() => storage.ClearStateAsync("build", Build, new GrainState<BuildRecord>(new BuildRecord())));
        (await ReadAsync(storage, Build)).State!.Name.ShouldBe("second");
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Write_OfAStateThatWasClearedAndWrittenAnew_IsRefused()
    {
        var (storage, database) = await OpenAsync();
        var first = await WriteAsync(storage, Build, new BuildRecord { Name = "first" });
        var cleared = await ReadAsync(storage, Build);
        await storage.ClearStateAsync("build", Build, cleared);
        (cleared.ETag, cleared.RecordExists, cleared.State!.Name).ShouldBe((null, false, null));
        (await CountAsync(database)).ShouldBe(0);
        await storage.ClearStateAsync("build", Build, cleared);
        await WriteAsync(storage, Build, new BuildRecord { Name = "anew" });

        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("build", Build, first));
        (await ReadAsync(storage, Build)).State!.Name.ShouldBe("anew");
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Write_FromManyAtOnce_IsDoneByOne()
    {
        var (storage, _) = await OpenAsync();
        var written = await Task.WhenAll(Enumerable.Range(0, 10).Select(async number =>
        {
            try
            {
                await WriteAsync(storage, Build, new BuildRecord { Name = $"{number}" });
                return $"{number}";
            }
            catch (InconsistentStateException)
            {
                return null;
            }
        }));

        (await ReadAsync(storage, Build)).State!.Name.ShouldBe(written.OfType<string>().ShouldHaveSingleItem());
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Keys_OfEveryKind_HaveStatesOfTheirOwn()
    {
        var (storage, _) = await OpenAsync();
        GrainId[] grains =
        [
            Build,
            GrainId.Create(GrainType.Create("image"), Build.Key),
            GrainId.Create(GrainType.Create("history"), GrainIdKeyExtensions.CreateIntegerKey(0)),
            GrainId.Create(GrainType.Create("history"), GrainIdKeyExtensions.CreateIntegerKey(171)),
            GrainId.Create("image", "registry.example.org:5000/workspace-images:abc@sha256:0011|linux/amd64"),
            GrainId.Create("image", "registry.example.org/" + new string('a', 5000) + "1"),
            GrainId.Create("image", "registry.example.org/" + new string('a', 5000) + "2"),
            GrainId.Create("image", "ünïcode/日本語"),
        ];
        foreach (var grain in grains)
        {
            await WriteAsync(storage, grain, new BuildRecord { Name = grain.ToString() });
        }

        foreach (var grain in grains)
        {
            (await ReadAsync(storage, grain)).State!.Name.ShouldBe(grain.ToString());
        }

        foreach (var group in grains.GroupBy(grain => grain.Type))
        {
            (await storage.FindAsync("build", group.Key)).ShouldBe(group, ignoreOrder: true);
        }

        (await storage.FindAsync("other", Build.Type)).ShouldBeEmpty();
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Services_OfOneDatabase_HaveStatesOfTheirOwn()
    {
        var connectionString = await MigrateAsync();
        var one = (await StartAsync(connectionString, "one")).Services.GetRequiredService<PostgresGrainStorage>();
        var other = (await StartAsync(connectionString, "other")).Services.GetRequiredService<PostgresGrainStorage>();
        await WriteAsync(one, Build, new BuildRecord { Name = "one" });

        (await ReadAsync(other, Build)).RecordExists.ShouldBeFalse();
        (await other.FindAsync("build", Build.Type)).ShouldBeEmpty();
        (await other.SetAsideAsync("build", Build)).ShouldBeNull();
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Read_OfUnreadableState_NamesItAndKeepsItUntilItIsSetAside()
    {
        var (storage, database) = await OpenAsync();
        var other = GrainId.Create(Build.Type, GrainIdKeyExtensions.CreateGuidKey(Guid.NewGuid()));
        await WriteAsync(storage, other, new BuildRecord { Name = "other" });
        foreach (var content in new[] { "", "{", "null", "{\"Deadline\":\"soon\"}" })
        {
            var state = await WriteAsync(storage, Build, new BuildRecord());
            await SpoilAsync(database, content, int.Parse(state.ETag!, System.Globalization.CultureInfo.InvariantCulture));

            var error = await Should.ThrowAsync<CorruptGrainStateException>(() => ReadAsync(storage, Build));
            error.Message.ShouldContain("orleans_state");
            error.Message.ShouldContain(Build.ToString());
            await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(storage, Build, new BuildRecord()));
            await Should.ThrowAsync<InconsistentStateException>(() => storage.ClearStateAsync("build", Build, new GrainState<BuildRecord>(new BuildRecord())));
            (await storage.FindAsync("build", Build.Type)).ShouldBe([Build, other], ignoreOrder: true);

            var kept = (await storage.SetAsideAsync("build", Build)).ShouldNotBeNull();
            kept.ShouldContain($"build/build/unreadable/{state.ETag}");
            (await storage.SetAsideAsync("build", Build)).ShouldBeNull();
            (await ReadAsync(storage, Build)).RecordExists.ShouldBeFalse();
        }

        (await storage.FindAsync("build", Build.Type)).ShouldBe([other]);
        (await CountAsync(database)).ShouldBe(5);
        (await ReadAsync(storage, other)).State!.Name.ShouldBe("other");
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task WriteAndClear_AnswersAreLost_AreDoneOnce()
    {
        var connectionString = await MigrateAsync();
        var port = (await postgres.ServerAsync()).Port;
        await using var link = new LossyLink(port);
        var storage = (await StartAsync(connectionString.Replace($"Port={port}", $"Port={link.Port}", StringComparison.Ordinal)))
            .Services.GetRequiredService<PostgresGrainStorage>();
        await storage.FindAsync("build", Build.Type);

        link.LoseNextAnswer();
        var state = await WriteAsync(storage, Build, new BuildRecord { Name = "1" });
        foreach (var name in new[] { "2", "3" })
        {
            state.State!.Name = name;
            link.LoseNextAnswer();
            await storage.WriteStateAsync("build", Build, state);
            (await ReadAsync(storage, Build)).ETag.ShouldBe(state.ETag);
        }

        link.LoseNextAnswer();
        await storage.ClearStateAsync("build", Build, state);

        link.Lost.ShouldBe(4);
        (await ReadAsync(storage, Build)).RecordExists.ShouldBeFalse();
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task Write_ServerRestarts_IsDone()
    {
        var (storage, _) = await OpenAsync();
        var state = await WriteAsync(storage, Build, new BuildRecord { Name = "before" });
        await (await postgres.ServerAsync()).RestartAsync();

        state.State!.Name = "after";
        await storage.WriteStateAsync("build", Build, state);

        (await ReadAsync(storage, Build)).State!.Name.ShouldBe("after");
    }

    [PackageFact(typeof(AdoNetGrainStorageOptions), "postgres")]
    public async Task ReadAndWrite_ServerIsAwayForLong_SayThatItIs()
    {
        var services = (await StartAsync(await MigrateAsync())).Services;
        var clock = new ManualTimeProvider();
        var storage = new PostgresGrainStorage(
            services.GetRequiredKeyedService<IGrainStorage>(PostgresStorageSiloBuilderExtensions.Rows), services.GetRequiredService<NpgsqlDataSource>(), "service", clock);
        var state = await WriteAsync(storage, Build, new BuildRecord { Name = "before" });
        var server = await postgres.ServerAsync();
        await server.StopAsync();
        try
        {
            foreach (var operation in new Func<Task>[] { () => ReadAsync(storage, Build), () => storage.WriteStateAsync("build", Build, state) })
            {
                var away = operation();
                while (!away.IsCompleted)
                {
                    SpinWait.SpinUntil(() => clock.ArmedTimers > 0 || away.IsCompleted, TimeSpan.FromSeconds(30)).ShouldBeTrue();
                    clock.Advance(TimeSpan.FromSeconds(1));
                }

                (await Should.ThrowAsync<StoreUnavailableException>(() => away)).Message.ShouldContain("away");
            }
        }
        finally
        {
            await server.StartAgainAsync();
        }

        await storage.WriteStateAsync("build", Build, state);
    }

    private static async Task<GrainState<BuildRecord>> WriteAsync(PostgresGrainStorage storage, GrainId grain, BuildRecord record)
    {
        var state = new GrainState<BuildRecord>(record);
        await storage.WriteStateAsync("build", grain, state);
        return state;
    }

    private static async Task<GrainState<BuildRecord>> ReadAsync(PostgresGrainStorage storage, GrainId grain)
    {
        var state = new GrainState<BuildRecord>();
        await storage.ReadStateAsync("build", grain, state);
        return state;
    }

    private static async Task SpoilAsync(NpgsqlDataSource database, string content, int version)
    {
        await using var command = database.CreateCommand("UPDATE orleans_state SET payload = convert_to($1, 'UTF8') WHERE version = $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = content });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version });
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM orleans_state");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<(PostgresGrainStorage Storage, NpgsqlDataSource Database)> OpenAsync()
    {
        var services = (await StartAsync(await MigrateAsync())).Services;
        return (services.GetRequiredService<PostgresGrainStorage>(), services.GetRequiredService<NpgsqlDataSource>());
    }

    private async Task<string> MigrateAsync()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var database = PostgresSource.Create(connectionString);
        await new DatabaseSchema(database).MigrateAsync(_ => { }, default);
        return connectionString;
    }

    private async Task<IHost> StartAsync(string connectionString, string serviceId = "service")
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(siloPort: FreePort.Next(), gatewayPort: 0)
            .Configure<ClusterOptions>(options => options.ServiceId = serviceId)
            .AddPostgresStorage(PostgresSource.Create(connectionString), logLimit: 1 << 20));
        var host = builder.Build();
        _disposables.Add((IAsyncDisposable)host);
        await host.StartAsync();
        return host;
    }
}

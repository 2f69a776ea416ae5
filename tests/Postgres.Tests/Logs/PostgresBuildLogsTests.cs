using System.Diagnostics;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Builds.Storage;
using ImageBuilder.Postgres.Logs;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Sandbox.Postgres;
using ImageBuilder.Testing;
using Npgsql;
using Xunit.Abstractions;

namespace ImageBuilder.Postgres.Tests.Logs;

/// <summary>What the log store does when silos and the database fail; what every store does is in Builds.Tests.</summary>
[Collection(PostgresFixture.Collection)]
public sealed class PostgresBuildLogsTests(PostgresFixture postgres, ITestOutputHelper output)
{
    private readonly Guid _build = Guid.NewGuid();

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_AnswersAreLost_StoresEachAppendOnce()
    {
        var database = await postgres.MigratedAsync();
        await using var link = new LossyLink((await postgres.ServerAsync()).Port);
        await using var lossy = await ThroughAsync(link);
        var writer = await Store(lossy).OpenAsync(_build, default);

        for (var count = 1; count <= 20; count++)
        {
            link.LoseNextAnswer();
            (await writer.AppendAsync(Piece(count), new LogMark(1, count), default)).ShouldBe(100 * count);
            (await writer.AppendAsync(ReadOnlyMemory<byte>.Empty, new LogMark(1, 1000 + count), default)).ShouldBe(100 * count);
        }

        link.Lost.ShouldBe(20);
        var logs = Store(database);
        (await ReadAsync(logs)).ShouldBe(Enumerable.Range(1, 20).SelectMany(Piece));
        (await logs.OpenAsync(_build, default)).Mark.ShouldBe(new LogMark(1, 1020));
    }

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_AnotherWriterWasOpened_IsRefusedAndStoresNothing()
    {
        var (one, other) = (Store(await postgres.MigratedAsync()), Store(await postgres.MigratedAsync()));
        var overtaken = await one.OpenAsync(_build, default);
        await overtaken.AppendAsync(Piece(1), new LogMark(1, 1), default);
        var writer = await other.OpenAsync(_build, default);
        (writer.End, writer.Mark).ShouldBe((100, new LogMark(1, 1)));

        foreach (var _ in Enumerable.Range(0, 2))
        {
            (await Should.ThrowAsync<LogUnavailableException>(async () => await overtaken.AppendAsync(Piece(9), new LogMark(1, 9), default)))
                .Message.ShouldContain("another");
        }

        await Should.ThrowAsync<LogUnavailableException>(async () => await overtaken.AppendAsync(ReadOnlyMemory<byte>.Empty, new LogMark(1, 9), default));
        (await writer.AppendAsync(Piece(2), new LogMark(1, 2), default)).ShouldBe(200);
        (await ReadAsync(one)).ShouldBe([.. Piece(1), .. Piece(2)]);
        (await other.OpenAsync(_build, default)).Mark.ShouldBe(new LogMark(1, 2));
    }

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_ManyWritersTakeTheLogFromEachOther_LeaveNoGapAndNoRepeat()
    {
        // Each goes on where the mark says, as the log of an attempt is carried over: the byte that follows is the one that was consumed next.
        const int bytes = 2_000;
        var logs = Store(await postgres.MigratedAsync());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
        {
            var random = new Random(number);
            while (true)
            {
                var writer = await logs.OpenAsync(_build, default);
                try
                {
                    for (var left = random.Next(1, 20); left > 0; left--)
                    {
                        var consumed = (int)(writer.Mark?.Consumed ?? 0);
                        var next = Math.Min(consumed + random.Next(1, 30), bytes);
                        if (consumed == bytes)
                        {
                            return;
                        }

                        await writer.AppendAsync(Enumerable.Range(consumed, next - consumed).Select(value => (byte)(value % 251)).ToArray(), new LogMark(1, next), default);
                    }
                }
                catch (LogUnavailableException)
                {
                    // Overtaken.
                }
            }
        })));

        (await ReadAsync(logs)).ShouldBe(Enumerable.Range(0, bytes).Select(value => (byte)(value % 251)));
    }

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_ServerRestartsInTheMiddle_GoesOnAndStoresEachOnce()
    {
        var server = await postgres.ServerAsync();
        var logs = Store(await postgres.MigratedAsync());
        var written = 0;
        var isRestarted = false;
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).Select(build => Task.Run(async () =>
        {
            var writer = await logs.OpenAsync(build, default);
            var count = 0;
            for (var after = 0; after < 50; after += Volatile.Read(ref isRestarted) ? 1 : 0)
            {
                await writer.AppendAsync(Piece(++count), new LogMark(1, count), default);
                Interlocked.Increment(ref written);
            }

            return (build, count);
        })));
        SpinWait.SpinUntil(() => Volatile.Read(ref written) > 100 || writing.IsCompleted, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        await server.RestartAsync();
        Volatile.Write(ref isRestarted, true);

        foreach (var (build, count) in await writing)
        {
            (await ReadAsync(logs, build)).ShouldBe(Enumerable.Range(1, count).SelectMany(Piece));
            (await logs.OpenAsync(build, default)).Mark.ShouldBe(new LogMark(1, count));
        }
    }

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_ServerIsAwayForLong_IsGivenUpUntilTheLogIsOpenedAgain()
    {
        var server = await postgres.ServerAsync();
        var clock = new ManualTimeProvider();
        var logs = new PostgresBuildLogs(await postgres.MigratedAsync(), clock, new PostgresLogOptions());
        var writer = await logs.OpenAsync(_build, default);
        await writer.AppendAsync(Piece(1), new LogMark(1, 1), default);
        await server.StopAsync();
        try
        {
            var start = clock.GetUtcNow();
            var appending = writer.AppendAsync(Piece(2), new LogMark(1, 2), default).AsTask();
            await AdvanceUntilDoneAsync(clock, appending);

            (await Should.ThrowAsync<LogUnavailableException>(() => appending)).Message.ShouldContain("away");
            (clock.GetUtcNow() - start).ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(63));

            start = clock.GetUtcNow();
            var reading = logs.ReadAsync(_build, 0, 10, default).AsTask();
            await AdvanceUntilDoneAsync(clock, reading);
            await Should.ThrowAsync<IOException>(() => reading);
            (clock.GetUtcNow() - start).ShouldBeLessThan(TimeSpan.FromSeconds(8));
        }
        finally
        {
            await server.StartAgainAsync();
        }

        await Should.ThrowAsync<LogUnavailableException>(async () => await writer.AppendAsync(Piece(2), new LogMark(1, 2), default));
        var again = await logs.OpenAsync(_build, default);
        again.Mark.ShouldBe(new LogMark(1, 1));
        await again.AppendAsync(Piece(2), new LogMark(1, 2), default);
        (await ReadAsync(logs)).ShouldBe([.. Piece(1), .. Piece(2)]);
    }

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_CancelledWhileTheServerIsAway_DoesNotWaitForIt()
    {
        var server = await postgres.ServerAsync();
        var clock = new ManualTimeProvider();
        var writer = await new PostgresBuildLogs(await postgres.MigratedAsync(), clock, new PostgresLogOptions()).OpenAsync(_build, default);
        using var cancelled = new CancellationTokenSource();
        await server.StopAsync();
        try
        {
            var appending = writer.AppendAsync(Piece(1), null, cancelled.Token).AsTask();
            SpinWait.SpinUntil(() => clock.ArmedTimers > 0, TimeSpan.FromSeconds(30)).ShouldBeTrue();
            await cancelled.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => appending);
        }
        finally
        {
            await server.StartAgainAsync();
        }
    }

    [NeedsProgramsFact("postgres")]
    public async Task AppendAsync_DatabaseRefuses_StoresNothingAndGoesOnWhenItDoesNot()
    {
        var database = await postgres.MigratedAsync();
        var writer = await Store(database).OpenAsync(_build, default);
        await ExecuteAsync(database, $"ALTER TABLE build_log_chunk ADD CONSTRAINT no_more CHECK (build <> '{_build}')");

        var error = await Should.ThrowAsync<IOException>(async () => await writer.AppendAsync(Piece(1), new LogMark(1, 1), default));

        error.ShouldNotBeOfType<LogUnavailableException>();
        DiskFault.Explain(error).ShouldBeNull();
        writer.Mark.ShouldBeNull();
        await ExecuteAsync(database, "ALTER TABLE build_log_chunk DROP CONSTRAINT no_more");
        (await writer.AppendAsync(Piece(1), new LogMark(1, 1), default)).ShouldBe(100);
        (await ReadAsync(Store(database))).ShouldBe(Piece(1));
    }

    [Fact]
    public void Translate_FullDisk_EndsABuildAsAFullDiskOfTheServiceDoes()
    {
        var error = DatabaseFault.Translate(new PostgresException("could not extend file", "ERROR", "ERROR", PostgresErrorCodes.DiskFull));

        DiskFault.Explain(error).ShouldNotBeNull().Reason.ShouldBe(FailureReason.OutOfDisk);
    }

    [NeedsProgramsFact("postgres")]
    public async Task DeleteAsync_WhileAnotherSiloAppends_LeavesNothing()
    {
        var database = await postgres.MigratedAsync();
        for (var round = 0; round < 20; round++)
        {
            var writer = await Store(database).OpenAsync(_build, default);
            var appending = Task.Run(async () =>
            {
                for (var count = 1; ; count++)
                {
                    await writer.AppendAsync(Piece(count), new LogMark(1, count), default);
                }
            });
            SpinWait.SpinUntil(() => writer.End > 300 || appending.IsCompleted, TimeSpan.FromSeconds(30)).ShouldBeTrue();
            await Store(database).DeleteAsync(_build, default);

            await Should.ThrowAsync<LogUnavailableException>(() => appending);
            (await Store(database).GetSizeAsync(_build, default)).ShouldBe(0);
        }
    }

    [NeedsProgramsTheory("postgres")]
    [InlineData(64 << 10, false)]
    [InlineData(256 << 10, false)]
    [InlineData(256 << 10, true)]
    public async Task AppendAsync_OneBuildAtFullSpeed_TakesLittleMoreThanToInsertTheBytes(int size, bool durable)
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Durable = durable });
        await using var database = PostgresSource.Create(server.ConnectionString);
        await new DatabaseSchema(database).MigrateAsync(_ => { }, default);
        await ExecuteAsync(database, "CREATE TABLE plain (number serial PRIMARY KEY, content bytea NOT NULL); ALTER TABLE plain ALTER COLUMN content SET STORAGE EXTERNAL");
        var logs = Store(database);
        var writer = await logs.OpenAsync(_build, default);
        var piece = new byte[size];
        Random.Shared.NextBytes(piece);
        await writer.AppendAsync(piece, null, default);
        await InsertAsync(database, piece);
        var (appending, inserting) = (TimeSpan.Zero, TimeSpan.Zero);
        while (writer.End < 100 << 20)
        {
            // In turns: how fast the disk is, and what else runs beside, is the same for both.
            appending += await MeasureAsync(async () => await writer.AppendAsync(piece, new LogMark(1, writer.End), default));
            inserting += await MeasureAsync(() => InsertAsync(database, piece));
        }

        var read = 0L;
        var reading = await MeasureAsync(async () =>
        {
            for (var page = await logs.ReadAsync(_build, 0, 1 << 20, default); !page.Content.IsEmpty; page = await logs.ReadAsync(_build, page.Next, 1 << 20, default))
            {
                read += page.Content.Length;
            }
        });
        var removing = await MeasureAsync(async () => await logs.DeleteAsync(_build, default));
        output.WriteLine(
            $"appends of {size >> 10} KiB to one build{(durable ? ", each on the disk" : string.Empty)}: {100 / appending.TotalSeconds:0} MiB/s written, {100 / inserting.TotalSeconds:0} MiB/s by plain inserts, {(read >> 20) / reading.TotalSeconds:0} MiB/s read of {read >> 20} MiB, removed in {removing.TotalMilliseconds:0} ms");

        // 0.8 to 1.7 times as long, however busy the machine.
        appending.ShouldBeLessThan(4 * inserting);
    }

    private static async Task<TimeSpan> MeasureAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start);
    }

    private static async Task InsertAsync(NpgsqlDataSource database, byte[] content)
    {
        await using var command = database.CreateCommand("INSERT INTO plain (content) VALUES ($1)");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = content });
        await command.ExecuteNonQueryAsync();
    }

    private static PostgresBuildLogs Store(NpgsqlDataSource database) => new(database, TimeProvider.System, new PostgresLogOptions());

    // A hundred bytes that name their place.
    private static byte[] Piece(int count) => [.. Enumerable.Range(0, 100).Select(at => (byte)(count + at))];

    private static async Task AdvanceUntilDoneAsync(ManualTimeProvider clock, Task task)
    {
        while (!task.IsCompleted)
        {
            SpinWait.SpinUntil(() => clock.ArmedTimers > 0 || task.IsCompleted, TimeSpan.FromSeconds(30)).ShouldBeTrue();
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<NpgsqlDataSource> ThroughAsync(LossyLink link)
    {
        var server = await postgres.ServerAsync();
        var name = new NpgsqlConnectionStringBuilder((await postgres.MigratedAsync()).ConnectionString).Database!;
        return PostgresSource.Create(server.ConnectionStringOf(name).Replace($"Port={server.Port}", $"Port={link.Port}", StringComparison.Ordinal));
    }

    private async Task<List<byte>> ReadAsync(PostgresBuildLogs logs, Guid? build = null)
    {
        var read = new List<byte>();
        while (await logs.ReadAsync(build ?? _build, read.Count, 1 << 10, default) is { Content.IsEmpty: false } page)
        {
            page.Offset.ShouldBe(read.Count);
            read.AddRange(page.Content.ToArray());
        }

        return read;
    }
}

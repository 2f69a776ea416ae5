using ImageBuilder.Builds.Logs;
using ImageBuilder.Postgres.Logs;
using ImageBuilder.Testing;
using static ImageBuilder.Builds.Tests.Logs.LogBytes;

namespace ImageBuilder.Builds.Tests.Logs;

/// <summary>What every log store does.</summary>
[Collection(PostgresFixture.Collection)]
public sealed class BuildLogsTests(PostgresFixture postgres) : IDisposable
{
    private const int ChunkSize = 16;
    private const int Limit = 128;

    private readonly string _folder = Directory.CreateTempSubdirectory("logs").FullName;
    private readonly Guid _build = Guid.NewGuid();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, InFiles, InPostgres]
    public async Task ReadAsync_FromAnyOffset_GivesTheRestOfTheLog(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        var content = Bytes(0, 100);
        await AppendAsync(logs, content, pieceSize: 7);

        for (var offset = 0; offset <= content.Length; offset++)
        {
            (await logs.ReadContiguousAsync(_build, offset)).ShouldBe(content[offset..]);
        }
    }

    [Theory, InFiles, InPostgres]
    public async Task ReadAsync_AfterReopening_GivesTheSameBytes(LogStoreKind kind)
    {
        await AppendAsync(await StoreAsync(kind), Bytes(0, 40));
        var reopened = await StoreAsync(kind);
        (await reopened.GetEndAsync(_build, default)).ShouldBe(40);
        (await AppendAsync(reopened, Bytes(40, 5))).ShouldBe(45);

        (await reopened.ReadContiguousAsync(_build, 0)).ShouldBe(Bytes(0, 45));
    }

    [Theory, InFiles, InPostgres]
    public async Task ReadAsync_BehindTheEnd_IsEmptyAndSaysWhereTheEndIs(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        await AppendAsync(logs, Bytes(0, 10));
        var page = await logs.ReadAsync(_build, 99, 10, default);

        page.Content.Length.ShouldBe(0);
        page.Next.ShouldBe(10);
        page.End.ShouldBe(10);
    }

    [Theory, InFiles, InPostgres]
    public async Task ReadAsync_OfUnknownBuild_IsEmpty(LogStoreKind kind)
    {
        var page = await (await StoreAsync(kind)).ReadAsync(_build, 0, 10, default);

        page.Content.Length.ShouldBe(0);
        page.End.ShouldBe(0);
    }

    [Theory, InFiles, InPostgres]
    public async Task AppendAsync_PastTheLimit_KeepsHeadAndTailAndNamesTheGap(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        var content = Bytes(0, 1000);
        await AppendAsync(logs, content, pieceSize: 33);

        var head = await logs.ReadContiguousAsync(_build, 0);
        head.Length.ShouldBe(Limit / 2);
        head.ShouldBe(content[..head.Length]);
        var gap = await logs.ReadAsync(_build, head.Length, 1, default);
        gap.Offset.ShouldBeGreaterThan(head.Length);
        var tail = await logs.ReadContiguousAsync(_build, gap.Offset);
        tail.Length.ShouldBeInRange(Limit / 2, (Limit / 2) + ChunkSize);
        tail.ShouldBe(content[^tail.Length..]);
        (await logs.GetSizeAsync(_build, default)).ShouldBe(head.Length + tail.Length);
    }

    [Theory, InFiles, InPostgres]
    public async Task AppendAsync_MoreThanTheLimitAtOnce_IsCutByTheNext(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        var content = Bytes(0, 1001);
        await AppendAsync(logs, content[..1000]);
        await AppendAsync(logs, content[1000..]);

        (await logs.GetSizeAsync(_build, default)).ShouldBeInRange(Limit, Limit + ChunkSize);
        (await logs.ReadContiguousAsync(_build, 0)).ShouldBe(content[..(Limit / 2)]);
        (await logs.ReadContiguousAsync(_build, 1001 - (Limit / 2))).ShouldBe(content[^(Limit / 2)..]);
    }

    [Theory, InFiles, InPostgres]
    public async Task DeleteAsync_OfLog_LeavesNothing(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        await AppendAsync(logs, Bytes(0, 40));
        await logs.DeleteAsync(_build, default);
        await logs.DeleteAsync(_build, default);

        foreach (var opened in new[] { logs, await StoreAsync(kind) })
        {
            (await opened.GetEndAsync(_build, default)).ShouldBe(0);
            (await opened.GetSizeAsync(_build, default)).ShouldBe(0);
            (await opened.ReadContiguousAsync(_build, 0)).ShouldBeEmpty();
        }
    }

    [Theory]
    [InFiles(false), InFiles(true)]
    [InPostgres(false), InPostgres(true)]
    public async Task DropAsync_OfLog_KeepsNothingButWhereItEnded(LogStoreKind kind, bool reopened)
    {
        var logs = await StoreAsync(kind);
        await AppendAsync(logs, Bytes(0, 40));
        (await logs.GetSizeAsync(_build, default)).ShouldBe(40);

        await logs.DropAsync(_build, default);
        await logs.DropAsync(_build, default);

        logs = reopened ? await StoreAsync(kind) : logs;
        (await logs.GetSizeAsync(_build, default)).ShouldBe(0);
        (await logs.GetEndAsync(_build, default)).ShouldBe(40);
        foreach (var offset in new[] { 0, 17, 40, 99 })
        {
            var page = await logs.ReadAsync(_build, offset, 10, default);
            (page.Offset, page.Content.Length, page.End).ShouldBe((40, 0, 40));
        }
    }

    [Theory, InFiles, InPostgres]
    public async Task DropAsync_OfUnknownBuild_DoesNothing(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        await logs.DropAsync(_build, default);

        (await logs.GetEndAsync(_build, default)).ShouldBe(0);
    }

    [Theory, InFiles, InPostgres]
    public async Task ReadAsync_WhileOneWrites_NeverGivesWrongBytes(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind, limit: 1 << 20);
        var content = Bytes(0, 20_000);
        var writing = Task.Run(() => AppendAsync(logs, content, pieceSize: 97));
        var read = new List<byte>();
        while (read.Count < content.Length)
        {
            var page = await logs.ReadAsync(_build, read.Count, 1000, default);
            page.Offset.ShouldBe(read.Count);
            read.AddRange(page.Content.ToArray());
            await (writing.IsFaulted ? writing : Task.CompletedTask);
            await Task.Yield();
        }

        await writing;
        read.ShouldBe(content);
    }

    [Theory, InFiles, InPostgres]
    public async Task AppendAsync_FromManyAtOnce_KeepsEachWhole(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind, limit: 1 << 20);
        var writer = await logs.OpenAsync(_build, default);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => Task.Run(async () =>
            await writer.AppendAsync(Enumerable.Repeat((byte)number, 25).ToArray(), null, default))));

        var read = await logs.ReadContiguousAsync(_build, 0);
        read.Chunk(25).Select(line => line.Distinct().ShouldHaveSingleItem()).Order().ShouldBe(Enumerable.Range(0, 40).Select(number => (byte)number));
        writer.End.ShouldBe(1000);
    }

    [Theory, InFiles, InPostgres]
    public async Task AppendAsync_WithMark_StoresBothOrNeither(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind);
        var writer = await logs.OpenAsync(_build, default);
        writer.Mark.ShouldBeNull();
        await writer.AppendAsync(Bytes(0, 40), new LogMark(1, 55), default);
        await writer.AppendAsync(ReadOnlyMemory<byte>.Empty, new LogMark(1, 60), default);
        await writer.AppendAsync(Bytes(40, 1), null, default);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await writer.AppendAsync(Bytes(41, 9), new LogMark(1, 99), cancelled.Token));
        (writer.End, writer.Mark).ShouldBe((41, new LogMark(1, 60)));

        foreach (var opened in new[] { logs, await StoreAsync(kind) })
        {
            (await opened.GetEndAsync(_build, default)).ShouldBe(41);
            (await opened.OpenAsync(_build, default)).Mark.ShouldBe(new LogMark(1, 60));
            (await opened.ReadContiguousAsync(_build, 0)).ShouldBe(Bytes(0, 41));
        }
    }

    [Theory, InFiles, InPostgres]
    public async Task LogTail_OfLongLog_IsItsLastLines(LogStoreKind kind)
    {
        var logs = await StoreAsync(kind, limit: 1 << 20);
        var text = string.Concat(Enumerable.Range(1, 3_000).Select(line => $"line {line}\r\n"));
        await AppendAsync(logs, System.Text.Encoding.UTF8.GetBytes(text));

        var lines = await LogTail.ReadAsync(logs, _build, default);
        lines.ShouldBe(Enumerable.Range(2_981, 20).Select(line => $"line {line}"));
    }

    private async Task<IBuildLogs> StoreAsync(LogStoreKind kind, int limit = Limit) => kind == LogStoreKind.Files
        ? new FileBuildLogs(_folder, limit, ChunkSize)
        : new PostgresBuildLogs(await postgres.MigratedAsync(), TimeProvider.System, new PostgresLogOptions { Limit = limit, ChunkSize = ChunkSize });

    private async Task<long> AppendAsync(IBuildLogs logs, byte[] content, int pieceSize = int.MaxValue)
    {
        var writer = await logs.OpenAsync(_build, default);
        foreach (var piece in content.Chunk(pieceSize))
        {
            await writer.AppendAsync(piece, null, default);
        }

        return writer.End;
    }
}

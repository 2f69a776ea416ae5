using ImageBuilder.Builds.Logs;

namespace ImageBuilder.Builds.Tests.Logs;

public sealed class FileBuildLogsTests : IDisposable
{
    private const int SegmentSize = 16;
    private const int Limit = 128;

    private readonly string _folder = Directory.CreateTempSubdirectory("logs").FullName;
    private readonly Guid _build = Guid.NewGuid();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ReadAsync_FromAnyOffset_GivesTheRestOfTheLog()
    {
        var logs = Open();
        var content = Bytes(0, 100);
        foreach (var piece in content.Chunk(7))
        {
            await logs.AppendAsync(_build, piece, default);
        }

        for (var offset = 0; offset <= content.Length; offset++)
        {
            (await ReadAllAsync(logs, offset)).ShouldBe(content[offset..]);
        }
    }

    [Fact]
    public async Task ReadAsync_AfterReopening_GivesTheSameBytes()
    {
        await Open().AppendAsync(_build, Bytes(0, 40), default);
        var reopened = Open();
        (await reopened.GetEndAsync(_build, default)).ShouldBe(40);
        (await reopened.AppendAsync(_build, Bytes(40, 5), default)).ShouldBe(45);

        (await ReadAllAsync(reopened, 0)).ShouldBe(Bytes(0, 45));
    }

    [Fact]
    public async Task ReadAsync_BehindTheEnd_IsEmptyAndSaysWhereTheEndIs()
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 10), default);
        var page = await logs.ReadAsync(_build, 99, 10, default);

        page.Content.Length.ShouldBe(0);
        page.Next.ShouldBe(10);
        page.End.ShouldBe(10);
    }

    [Fact]
    public async Task ReadAsync_OfUnknownBuild_IsEmpty()
    {
        var page = await Open().ReadAsync(Guid.NewGuid(), 0, 10, default);

        page.Content.Length.ShouldBe(0);
        page.End.ShouldBe(0);
    }

    [Fact]
    public async Task AppendAsync_PastTheLimit_KeepsHeadAndTailAndNamesTheGap()
    {
        var logs = Open();
        var content = Bytes(0, 1000);
        foreach (var piece in content.Chunk(33))
        {
            await logs.AppendAsync(_build, piece, default);
        }

        var head = await ReadContiguousAsync(logs, 0);
        head.Length.ShouldBe(Limit / 2);
        head.ShouldBe(content[..head.Length]);
        var gap = await logs.ReadAsync(_build, head.Length, 1, default);
        gap.Offset.ShouldBeGreaterThan(head.Length);
        var tail = await ReadContiguousAsync(logs, gap.Offset);
        tail.Length.ShouldBeInRange(Limit / 2, (Limit / 2) + SegmentSize);
        tail.ShouldBe(content[^tail.Length..]);
        Directory.EnumerateFiles(_folder, "*.log", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length).ShouldBeLessThanOrEqualTo(Limit + SegmentSize);
    }

    [Fact]
    public async Task DeleteAsync_OfLog_LeavesNoFile()
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 40), default);
        await logs.DeleteAsync(_build, default);
        await logs.DeleteAsync(_build, default);

        (await logs.GetEndAsync(_build, default)).ShouldBe(0);
        Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DropAsync_OfLog_KeepsNothingButWhereItEnded(bool reopened)
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 40), default);
        (await logs.GetSizeAsync(_build, default)).ShouldBe(40);

        await logs.DropAsync(_build, default);
        await logs.DropAsync(_build, default);

        logs = reopened ? Open() : logs;
        (await logs.GetSizeAsync(_build, default)).ShouldBe(0);
        (await logs.GetEndAsync(_build, default)).ShouldBe(40);
        foreach (var offset in new[] { 0, 17, 40, 99 })
        {
            var page = await logs.ReadAsync(_build, offset, 10, default);
            (page.Offset, page.Content.Length, page.End).ShouldBe((40, 0, 40));
        }

        Directory.EnumerateFiles(_folder, "*.log", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task DropAsync_OfUnknownBuild_LeavesNoFile()
    {
        await Open().DropAsync(_build, default);

        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReadAsync_WhileOneWrites_NeverGivesWrongBytes()
    {
        var logs = Open(limit: 1 << 20);
        var content = Bytes(0, 20_000);
        var writing = Task.Run(async () =>
        {
            foreach (var piece in content.Chunk(97))
            {
                await logs.AppendAsync(_build, piece, default);
            }
        });
        var read = new List<byte>();
        while (read.Count < content.Length)
        {
            var page = await logs.ReadAsync(_build, read.Count, 1000, default);
            page.Offset.ShouldBe(read.Count);
            read.AddRange(page.Content.ToArray());
            await Task.Yield();
        }

        await writing;
        read.ShouldBe(content);
    }

    [Fact]
    public async Task AppendAsync_WithMark_StoresBothOrNeither()
    {
        var logs = Open();
        (await logs.GetMarkAsync(_build, default)).ShouldBeNull();
        await logs.AppendAsync(_build, Bytes(0, 40), new LogMark(1, 55), default);
        await logs.AppendAsync(_build, ReadOnlyMemory<byte>.Empty, new LogMark(1, 60), default);
        await logs.AppendAsync(_build, Bytes(40, 1), default);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await logs.AppendAsync(_build, Bytes(41, 9), new LogMark(1, 99), cancelled.Token));

        foreach (var opened in new[] { logs, Open() })
        {
            (await opened.GetEndAsync(_build, default)).ShouldBe(41);
            (await opened.GetMarkAsync(_build, default)).ShouldBe(new LogMark(1, 60));
            (await ReadAllAsync(opened, 0)).ShouldBe(Bytes(0, 41));
        }
    }

    [Fact]
    public async Task AppendAsync_AfterAnAppendThatWasCutOff_WritesWhereTheLogEnded()
    {
        await Open().AppendAsync(_build, Bytes(0, 20), new LogMark(1, 20), default);

        // What a process leaves that is killed between the bytes and their commit.
        await File.AppendAllBytesAsync(Segments()[^1], Bytes(100, 12));
        await File.WriteAllBytesAsync(Path.Combine(Path.GetDirectoryName(Segments()[0])!, "0000000000000020.log"), Bytes(200, 3));
        var logs = Open();

        (await logs.GetEndAsync(_build, default)).ShouldBe(20);
        (await ReadAllAsync(logs, 0)).ShouldBe(Bytes(0, 20));
        await logs.AppendAsync(_build, Bytes(20, 50), new LogMark(1, 70), default);
        (await ReadAllAsync(logs, 0)).ShouldBe(Bytes(0, 70));
        (await ReadAllAsync(Open(), 0)).ShouldBe(Bytes(0, 70));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AppendAsync_LastSegmentWasTruncated_UsesNoOffsetTwice(bool reopened)
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 40), default);
        Truncate(Segments()[^1], 3);

        logs = reopened ? Open() : logs;
        (await logs.AppendAsync(_build, Bytes(40, 5), default)).ShouldBe(45);

        foreach (var opened in new[] { logs, Open() })
        {
            (await ReadAllAsync(opened, 0)).ShouldBe(Bytes(0, 35));
            var page = await opened.ReadAsync(_build, 35, 100, default);
            page.Offset.ShouldBe(40);
            page.Content.ToArray().ShouldBe(Bytes(40, 5));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAsync_SegmentInTheMiddleIsTruncatedOrGone_RestIsReadable(bool truncated)
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 60), default);
        if (truncated)
        {
            Truncate(Segments()[1], 4);
        }
        else
        {
            File.Delete(Segments()[1]);
        }

        var lost = truncated ? 20 : 16;
        foreach (var opened in new[] { logs, Open() })
        {
            (await ReadAllAsync(opened, 0)).ShouldBe(Bytes(0, lost));
            (await opened.ReadAsync(_build, lost, 100, default)).Offset.ShouldBe(32);
            (await ReadAllAsync(opened, 32)).ShouldBe(Bytes(32, 28));
            (await opened.GetEndAsync(_build, default)).ShouldBe(60);
        }
    }

    [Fact]
    public async Task ReadAsync_AllSegmentsAreGone_EndsWhereTheLogDid()
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 60), default);
        Segments().ForEach(File.Delete);

        foreach (var opened in new[] { logs, Open() })
        {
            var page = await opened.ReadAsync(_build, 10, 100, default);
            (page.Offset, page.Content.Length, page.End).ShouldBe((60, 0, 60));
            (await opened.AppendAsync(_build, ReadOnlyMemory<byte>.Empty, default)).ShouldBe(60);
        }
    }

    [Fact]
    public async Task ReadAsync_ForeignAndDamagedFiles_AreNoHindrance()
    {
        await Open().AppendAsync(_build, Bytes(0, 40), new LogMark(1, 40), default);
        var folder = Path.GetDirectoryName(Segments()[0])!;
        foreach (var name in new[] { "notes.log", "zzzzzzzzzzzzzzzz.log", "0000000000000000.log.bak", "ffffffffffffffff.log", "-000000000000001.log" })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "foreign");
        }

        Directory.CreateDirectory(Path.Combine(folder, "0000000000000100.log"));
        await File.WriteAllTextAsync(Path.Combine(folder, "end"), "damaged");
        var logs = Open();

        (await ReadAllAsync(logs, 0)).ShouldBe(Bytes(0, 40));
        (await logs.GetMarkAsync(_build, default)).ShouldBeNull();
        (await logs.AppendAsync(_build, Bytes(40, 8), new LogMark(1, 48), default)).ShouldBe(48);
        (await Open().GetMarkAsync(_build, default)).ShouldBe(new LogMark(1, 48));
        (await ReadAllAsync(Open(), 0)).ShouldBe(Bytes(0, 48));
    }

    [Fact]
    public async Task ReadAsync_FolderIsAFile_FailsForThisBuildAlone()
    {
        var logs = Open();
        var other = Guid.NewGuid();
        await logs.AppendAsync(other, Bytes(0, 5), default);
        var name = _build.ToString("N");
        Directory.CreateDirectory(Path.Combine(_folder, name[..2]));
        await File.WriteAllTextAsync(Path.Combine(_folder, name[..2], name), "no folder");

        await Should.ThrowAsync<IOException>(async () => await logs.AppendAsync(_build, Bytes(0, 5), default));
        (await logs.ReadAsync(_build, 0, 10, default)).Content.IsEmpty.ShouldBeTrue();
        (await logs.AppendAsync(other, Bytes(5, 5), default)).ShouldBe(10);
    }

    [Fact]
    public async Task AppendAsync_ManyBuilds_KeepsFewInMind()
    {
        var logs = new FileBuildLogs(_folder, Limit, SegmentSize, keptLogs: 4);
        var builds = Enumerable.Range(0, 50).Select(_ => Guid.NewGuid()).ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var build in builds)
            {
                await logs.AppendAsync(build, Bytes(round * 30, 30), new LogMark(1, round), default);
            }
        }

        logs.KeptCount.ShouldBe(4);
        foreach (var build in builds)
        {
            (await ReadContiguousAsync(logs, build, 0)).ShouldBe(Bytes(0, 90));
            (await logs.GetMarkAsync(build, default)).ShouldBe(new LogMark(1, 2));
            await logs.DeleteAsync(build, default);
        }

        logs.KeptCount.ShouldBe(0);
        await logs.ReadAsync(Guid.NewGuid(), 0, 10, default);
        logs.KeptCount.ShouldBe(0);
    }

    [Fact]
    public async Task LogTail_OfLongLog_IsItsLastLines()
    {
        var logs = new FileBuildLogs(_folder);
        var text = string.Concat(Enumerable.Range(1, 3_000).Select(line => $"line {line}\r\n"));
        await logs.AppendAsync(_build, System.Text.Encoding.UTF8.GetBytes(text), default);

        var lines = await LogTail.ReadAsync(logs, _build, default);
        lines.ShouldBe(Enumerable.Range(2_981, 20).Select(line => $"line {line}"));
    }

    private static byte[] Bytes(int from, int count) => [.. Enumerable.Range(from, count).Select(value => (byte)(value % 251))];

    private static async Task<byte[]> ReadContiguousAsync(FileBuildLogs logs, Guid build, long offset)
    {
        var read = new List<byte>();
        while (await logs.ReadAsync(build, offset + read.Count, 10, default) is { Content.IsEmpty: false } page && page.Offset == offset + read.Count)
        {
            read.AddRange(page.Content.ToArray());
        }

        return [.. read];
    }

    private static void Truncate(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(length);
    }

    private List<string> Segments() => [.. Directory.EnumerateFiles(_folder, "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private FileBuildLogs Open(long limit = Limit) => new(_folder, limit, SegmentSize);

    private Task<byte[]> ReadContiguousAsync(FileBuildLogs logs, long offset) => ReadContiguousAsync(logs, _build, offset);

    private Task<byte[]> ReadAllAsync(FileBuildLogs logs, long offset) => ReadContiguousAsync(logs, _build, offset);
}

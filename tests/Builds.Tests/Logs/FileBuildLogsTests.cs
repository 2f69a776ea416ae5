using ImageBuilder.Builds.Logs;
using static ImageBuilder.Builds.Tests.Logs.LogBytes;

namespace ImageBuilder.Builds.Tests.Logs;

public sealed class FileBuildLogsTests : IDisposable
{
    private const int SegmentSize = 16;
    private const int Limit = 128;

    private readonly string _folder = Directory.CreateTempSubdirectory("logs").FullName;
    private readonly Guid _build = Guid.NewGuid();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task DeleteAsync_OfLog_LeavesNoFile()
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 40), null, default);
        await logs.DeleteAsync(_build, default);
        await logs.DeleteAsync(_build, default);

        (await logs.GetEndAsync(_build, default)).ShouldBe(0);
        Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task AppendAsync_PastTheLimit_LeavesNoMoreThanTheLimitOnDisk()
    {
        var logs = Open();
        foreach (var piece in Bytes(0, 1000).Chunk(33))
        {
            await logs.AppendAsync(_build, piece, null, default);
        }

        Segments().Sum(file => new FileInfo(file).Length).ShouldBeLessThanOrEqualTo(Limit + SegmentSize);
    }

    [Fact]
    public async Task DropAsync_OfLog_LeavesNoSegment()
    {
        var logs = Open();
        await logs.AppendAsync(_build, Bytes(0, 40), null, default);

        await logs.DropAsync(_build, default);

        Segments().ShouldBeEmpty();
    }

    [Fact]
    public async Task DropAsync_OfUnknownBuild_LeavesNoFile()
    {
        await Open().DropAsync(_build, default);

        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty();
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
        await logs.AppendAsync(_build, Bytes(0, 40), null, default);
        Truncate(Segments()[^1], 3);

        logs = reopened ? Open() : logs;
        (await logs.AppendAsync(_build, Bytes(40, 5), null, default)).ShouldBe(45);

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
        await logs.AppendAsync(_build, Bytes(0, 60), null, default);
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
        await logs.AppendAsync(_build, Bytes(0, 60), null, default);
        Segments().ForEach(File.Delete);

        foreach (var opened in new[] { logs, Open() })
        {
            var page = await opened.ReadAsync(_build, 10, 100, default);
            (page.Offset, page.Content.Length, page.End).ShouldBe((60, 0, 60));
            (await opened.AppendAsync(_build, ReadOnlyMemory<byte>.Empty, null, default)).ShouldBe(60);
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
        (await logs.OpenAsync(_build, default)).Mark.ShouldBeNull();
        (await logs.AppendAsync(_build, Bytes(40, 8), new LogMark(1, 48), default)).ShouldBe(48);
        (await Open().OpenAsync(_build, default)).Mark.ShouldBe(new LogMark(1, 48));
        (await ReadAllAsync(Open(), 0)).ShouldBe(Bytes(0, 48));
    }

    [Fact]
    public async Task ReadAsync_FolderIsAFile_FailsForThisBuildAlone()
    {
        var logs = Open();
        var other = Guid.NewGuid();
        await logs.AppendAsync(other, Bytes(0, 5), null, default);
        var name = _build.ToString("N");
        Directory.CreateDirectory(Path.Combine(_folder, name[..2]));
        await File.WriteAllTextAsync(Path.Combine(_folder, name[..2], name), "no folder");

        await Should.ThrowAsync<IOException>(async () => await logs.AppendAsync(_build, Bytes(0, 5), null, default));
        (await logs.ReadAsync(_build, 0, 10, default)).Content.IsEmpty.ShouldBeTrue();
        (await logs.AppendAsync(other, Bytes(5, 5), null, default)).ShouldBe(10);
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
            (await logs.ReadContiguousAsync(build, 0)).ShouldBe(Bytes(0, 90));
            (await logs.OpenAsync(build, default)).Mark.ShouldBe(new LogMark(1, 2));
            await logs.DeleteAsync(build, default);
        }

        logs.KeptCount.ShouldBe(0);
        await logs.ReadAsync(Guid.NewGuid(), 0, 10, default);
        logs.KeptCount.ShouldBe(0);
    }

    private static void Truncate(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(length);
    }

    private List<string> Segments() => [.. Directory.EnumerateFiles(_folder, "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private FileBuildLogs Open(long limit = Limit) => new(_folder, limit, SegmentSize);

    private Task<byte[]> ReadAllAsync(FileBuildLogs logs, long offset) => logs.ReadContiguousAsync(_build, offset);
}

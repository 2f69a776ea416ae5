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

    private FileBuildLogs Open(long limit = Limit) => new(_folder, limit, SegmentSize);

    private Task<byte[]> ReadContiguousAsync(FileBuildLogs logs, long offset) => ReadContiguousAsync(logs, _build, offset);

    private Task<byte[]> ReadAllAsync(FileBuildLogs logs, long offset) => ReadContiguousAsync(logs, _build, offset);
}

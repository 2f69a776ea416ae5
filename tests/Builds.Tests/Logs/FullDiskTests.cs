using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Builds.Storage;
using ImageBuilder.Testing;

namespace ImageBuilder.Builds.Tests.Logs;

public sealed class FullDiskTests
{
    private readonly Guid _build = Guid.NewGuid();
    private readonly Guid _other = Guid.NewGuid();

    [SmallDiskFact]
    public async Task AppendAsync_DiskIsFull_LosesNothingAndGoesOnWhenThereIsRoom()
    {
        using var disk = new SmallDisk(1 << 20);
        var logs = new FileBuildLogs(disk.Folder, segmentSize: 64 << 10);
        await logs.AppendAsync(_other, new byte[256 << 10], null, default);
        var piece = new byte[50_000];
        var stored = new List<byte>();
        IOException? fault = null;
        while (fault is null)
        {
            Random.Shared.NextBytes(piece);
            try
            {
                (await logs.AppendAsync(_build, piece, new LogMark(1, stored.Count + piece.Length), default)).ShouldBe(stored.Count + piece.Length);
                stored.AddRange(piece);
            }
            catch (IOException error)
            {
                fault = error;
            }
        }

        DiskFault.Explain(fault).ShouldNotBeNull().Reason.ShouldBe(FailureReason.OutOfDisk);
        foreach (var opened in new[] { logs, new FileBuildLogs(disk.Folder, segmentSize: 64 << 10) })
        {
            (await opened.GetEndAsync(_build, default)).ShouldBe(stored.Count);
            (await opened.OpenAsync(_build, default)).Mark.ShouldBe(new LogMark(1, stored.Count));
            (await ReadAllAsync(opened)).ShouldBe(stored);
        }

        await logs.DeleteAsync(_other, default);
        (await logs.AppendAsync(_build, piece, null, default)).ShouldBe(stored.Count + piece.Length);
        (await ReadAllAsync(logs)).ShouldBe([.. stored, .. piece]);
    }

    [SmallDiskFact]
    public async Task AppendAsync_DiskIsReadOnly_LosesNothingAndGoesOnWhenItIsNot()
    {
        using var disk = new SmallDisk(1 << 20);
        var logs = new FileBuildLogs(disk.Folder, keptLogs: 0);
        await logs.AppendAsync(_build, new byte[100], null, default);
        disk.SetReadOnly(true);

        var fault = await Should.ThrowAsync<IOException>(async () => await logs.AppendAsync(_build, new byte[1], null, default));
        await Should.ThrowAsync<IOException>(async () => await logs.AppendAsync(_other, new byte[1], null, default));

        DiskFault.Explain(fault).ShouldNotBeNull().Message.ShouldContain("cannot be written to");
        (await ReadAllAsync(logs)).Count.ShouldBe(100);
        disk.SetReadOnly(false);
        (await logs.AppendAsync(_build, new byte[1], null, default)).ShouldBe(101);
        (await logs.AppendAsync(_other, new byte[1], null, default)).ShouldBe(1);
    }

    private async Task<List<byte>> ReadAllAsync(FileBuildLogs logs)
    {
        var read = new List<byte>();
        while (await logs.ReadAsync(_build, read.Count, 64 << 10, default) is { Content.IsEmpty: false } page)
        {
            page.Offset.ShouldBe(read.Count);
            read.AddRange(page.Content.ToArray());
        }

        return read;
    }
}

using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class DiskLimitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Keep_DiskCannotBeRead_EndsTheBuild()
    {
        var building = new DiskLimit(_folder["none"], () => Task.FromResult(0L), TimeProvider.System).KeepAsync(1, EndlessAsync, CancellationToken.None);

        await Should.ThrowAsync<IOException>(building);
    }

    [Fact]
    public async Task Keep_CountFails_EndsTheBuild()
    {
        var building = new DiskLimit(_folder.Path, () => throw new IOException("no count"), TimeProvider.System).KeepAsync(1, EndlessAsync, CancellationToken.None);

        (await Should.ThrowAsync<IOException>(building)).Message.ShouldBe("no count");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task Keep_BuildEnds_GivesWhatItGives(long limit) =>
        (await new DiskLimit(_folder.Path, () => Task.FromResult(0L), TimeProvider.System).KeepAsync(limit, _ => Task.FromResult(7), CancellationToken.None)).ShouldBe(7);

    [Fact]
    public async Task Keep_BuildFails_TellsItsFailure() => await Should.ThrowAsync<BobException>(
        new DiskLimit(_folder.Path, () => Task.FromResult(0L), TimeProvider.System).KeepAsync<int>(1000, _ => throw new BobException(FailureReason.Internal, "failed"), CancellationToken.None));

    /// <summary>A fork bomb leaves no process to count with, or one that does not get far.</summary>
    [SmallDiskFact]
    public async Task Keep_CountFailsForAWhile_CountsAgain()
    {
        var building = FillAsync(failures: 79);

        (await Should.ThrowAsync<BobException>(building)).Reason.ShouldBe(FailureReason.OutOfDisk);
    }

    [SmallDiskFact]
    public async Task Keep_CountFailsForTwentySeconds_EndsTheBuild()
    {
        var building = FillAsync(failures: 80);

        (await Should.ThrowAsync<IOException>(building)).Message.ShouldBe("no count");
    }

    // The build takes up more than its limit of the disk at once; it is counted before it, and then again whenever the clock has moved on.
    private static async Task<int> FillAsync(int failures)
    {
        using var disk = new SmallDisk(100 << 20);
        using var counted = new SemaphoreSlim(0);
        var time = new ManualTimeProvider();
        var counts = 0;
        var building = new DiskLimit(disk.Folder, CountAsync, time).KeepAsync(
            1,
            stop =>
            {
                File.WriteAllBytes(Path.Combine(disk.Folder, "file"), new byte[65 << 20]);
                return EndlessAsync(stop);
            },
            CancellationToken.None);
        while (!building.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(counted.WaitAsync(), building);
        }

        return await building;

        Task<long> CountAsync()
        {
            counted.Release();
            return ++counts is 1 ? Task.FromResult(0L) : counts <= failures + 1 ? throw new IOException("no count") : Task.FromResult(65L << 20);
        }
    }

    private static async Task<int> EndlessAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop);
        return 0;
    }
}

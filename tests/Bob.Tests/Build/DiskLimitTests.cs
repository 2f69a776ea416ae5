using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Tests.Processes;

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

    private static async Task<int> EndlessAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop);
        return 0;
    }
}

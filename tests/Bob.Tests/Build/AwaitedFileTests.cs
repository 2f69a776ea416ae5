using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class AwaitedFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WaitAsync_FileAppears_Ends()
    {
        var waiting = AwaitedFile.WaitAsync(_folder["ready"], TimeSpan.FromMinutes(30), FailureReason.Timeout, "nothing came", _time, CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();

        _folder.Write("ready", string.Empty);
        _time.Advance(TimeSpan.FromMilliseconds(5));

        await waiting;
    }

    [Fact]
    public async Task WaitAsync_FileNeverAppears_GivesUpWhenPatienceEnds()
    {
        var waiting = AwaitedFile.WaitAsync(_folder["ready"], TimeSpan.FromMinutes(30), FailureReason.Timeout, "nothing came", _time, CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(30));

        var failure = await Should.ThrowAsync<BobException>(waiting);
        failure.Reason.ShouldBe(FailureReason.Timeout);
        failure.Message.ShouldBe("nothing came within 30 minutes");
    }
}

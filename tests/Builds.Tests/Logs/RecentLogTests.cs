using ImageBuilder.Builds.Logs;
using static ImageBuilder.Builds.Tests.Logs.LogBytes;

namespace ImageBuilder.Builds.Tests.Logs;

public sealed class RecentLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("logs").FullName;
    private readonly Guid _build = Guid.NewGuid();
    private readonly FileBuildLogs _logs;

    public RecentLogTests() => _logs = new FileBuildLogs(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Read_FromAnywhere_GivesNothingOrWhatWasStored()
    {
        await (await _logs.OpenAsync(_build, default)).AppendAsync(Bytes(0, 100), mark: null, default);
        var log = new RecentLog(await _logs.OpenAsync(_build, default));
        var random = new Random(3);
        var known = 0;
        for (var append = 0; append < 200; append++)
        {
            var size = random.Next(append % 20 == 0 ? 2 * RecentLog.Limit : RecentLog.Limit / 10);
            var begin = log.End;
            (await log.AppendAsync(Bytes((int)begin, size), mark: null, default)).ShouldBe(begin + size);
            foreach (var offset in (long[])[begin, Math.Max(0, log.End - random.Next(RecentLog.Limit)), log.End])
            {
                if (log.Read(offset, 1_000) is { } read)
                {
                    known++;
                    var stored = Bytes((int)offset, (int)Math.Min(1_000, log.End - offset));
                    read.AsSpan().SequenceEqual(stored).ShouldBeTrue($"append {append}, offset {offset} of {log.End}");
                }
            }

            log.Read(begin, 1_000).HasValue.ShouldBe(size <= RecentLog.Limit, $"append {append} of {size} bytes");
        }

        known.ShouldBeGreaterThan(300);
    }

    [Fact]
    public async Task Read_BeforeWhatThisWriterAppendedOrPastTheEnd_IsNotKnown()
    {
        await (await _logs.OpenAsync(_build, default)).AppendAsync(Bytes(0, 100), mark: null, default);
        var log = new RecentLog(await _logs.OpenAsync(_build, default));

        log.Read(99, 10).ShouldBeNull();
        log.Read(100, 10)!.Value.ShouldBeEmpty();
        log.Read(101, 10).ShouldBeNull();
    }

    [Fact]
    public async Task Read_AfterAnAppendThatFailed_KnowsNothingOfIt()
    {
        var log = new RecentLog(await _logs.OpenAsync(_build, default));
        await log.AppendAsync(Bytes(0, 10), new LogMark(1, 10), default);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await log.AppendAsync(Bytes(10, 10), mark: null, cancelled.Token));

        log.Read(0, 100)!.Value.ShouldBe(Bytes(0, 10));
        (log.End, log.Mark).ShouldBe((10, new LogMark(1, 10)));
    }

    [Fact]
    public async Task Read_AfterAnAppendThatFailedAndWasStored_GivesEachByteAtItsOffset()
    {
        var log = new RecentLog(new ForgetfulWriter(await _logs.OpenAsync(_build, default)));
        await log.AppendAsync(Bytes(0, 10), mark: null, default);
        await Should.ThrowAsync<IOException>(async () => await log.AppendAsync(Bytes(10, 10), mark: null, default));
        await log.AppendAsync(Bytes(20, 10), mark: null, default);

        log.Read(10, 100).ShouldBeNull();
        log.Read(20, 100)!.Value.ShouldBe(Bytes(20, 10));
    }

    /// <summary>Says of its second append that it failed, and has stored it.</summary>
    private sealed class ForgetfulWriter(ILogWriter log) : ILogWriter
    {
        private int _appends;

        public long End => log.End;

        public LogMark? Mark => log.Mark;

        public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
        {
            var end = await log.AppendAsync(content, mark, cancellationToken);
            return ++_appends == 2 ? throw new IOException("no answer came") : end;
        }
    }
}

using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Sandbox.Logs;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>A build that logs what it is told to, and clients that follow its log.</summary>
internal sealed class LoggedBuild : IAsyncDisposable
{
    private static readonly byte[] s_line = Encoding.ASCII.GetBytes(new string('.', 99) + "\n");

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _over = new();
    private readonly FileStream _pipe;
    private readonly GrpcChannel _channel;
    private readonly Task _following;
    private readonly Lock _lock = new();
    private readonly long[] _told;
    private long _awaited;
    private int _behind;
    private TaskCompletionSource _reached = new();

    private LoggedBuild(Guid id, FileStream pipe, GrpcChannel channel, int followers)
    {
        (Id, _pipe, _channel, _told) = (id, pipe, channel, new long[followers]);
        _following = Task.WhenAll(Enumerable.Range(0, followers).Select(FollowAsync));
    }

    /// <summary>The build's id.</summary>
    public Guid Id { get; }

    /// <summary>Orders the build, and waits until its builder runs.</summary>
    public static async Task<LoggedBuild> StartAsync(PipedBuilder builder, GrpcChannel channel, CancellationToken cancellationToken, int followers = 1)
    {
        var order = PipedBuilder.Order();
        using var call = new BuilderService.ImageBuilderClient(channel).Build(order, cancellationToken: cancellationToken);
        await call.ResponseStream.MoveNext(cancellationToken);
        var id = Guid.Parse(call.ResponseStream.Current.Info.BuildId);
        return new LoggedBuild(id, await builder.OpenAsync(order, cancellationToken), channel, followers);
    }

    /// <summary>Has the builder write a line of 100 bytes, and waits until all clients have it.</summary>
    public Task WriteLineAsync(CancellationToken cancellationToken) => WriteAsync(s_line, cancellationToken);

    /// <summary>Has the builder write, and waits until all clients have all of it.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            (_awaited, _behind, _reached) = (_told.Max() + content.Length, _told.Length, reached);
        }

        await _pipe.WriteAsync(content, cancellationToken);
        if (await Task.WhenAny(reached.Task, _following).WaitAsync(cancellationToken) == _following)
        {
            await _following;
            throw new InvalidOperationException($"the log of build {Id} ended before the build did");
        }
    }

    /// <summary>Lets the build end, and waits until all clients have all of its log, and it is no longer listed as one that runs.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await _pipe.DisposeAsync();
        await _following.WaitAsync(cancellationToken);
        var client = new BuilderService.ImageBuilderClient(_channel);
        while ((await client.ListBuildsAsync(new Contracts.ListBuildsRequest(), cancellationToken: cancellationToken)).Builds.Any(build => build.BuildId == Id.ToString()))
        {
            await Task.Delay(s_pause, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _pipe.DisposeAsync();
        _over.Dispose();
    }

    private async Task FollowAsync(int follower)
    {
        using var call = new BuildsClient(_channel).ReadLog(new ReadLogRequest { BuildId = Id.ToString(), Follow = true }, cancellationToken: _over.Token);
        await foreach (var part in call.ResponseStream.ReadAllAsync(_over.Token))
        {
            lock (_lock)
            {
                var wasBehind = _told[follower] < _awaited;
                _told[follower] = part.NextOffset;
                if (wasBehind && part.NextOffset >= _awaited && --_behind == 0)
                {
                    _reached.SetResult();
                }
            }
        }
    }
}

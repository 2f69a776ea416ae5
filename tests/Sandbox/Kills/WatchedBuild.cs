using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.V1;
using Build = ImageBuilder.Contracts.V1.Build;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>
/// A client that orders a build, watches it and follows its log. It goes on where it was whenever the service comes back, and remembers all that it was told.
/// </summary>
internal sealed class WatchedBuild(BuildRequest order, GrpcChannel channel) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly BuildsClient _builds = new(channel);
    private readonly MemoryStream _log = new();
    private readonly SortedDictionary<long, Build> _versions = [];

    private readonly Lock _lock = new();
    private long _heard;

    public BuildRequest Order => order;

    /// <summary>How often a stream broke off before the build's end, and was asked for again.</summary>
    public int Interruptions { get; private set; }

    /// <summary>The longest time without a word, from the first that a builder ran until the end.</summary>
    public TimeSpan LongestSilence { get; private set; }

    /// <summary>All of the log that was followed.</summary>
    public ReadOnlyMemory<byte> Log => _log.ToArray();

    /// <summary>The build's id; empty until the service told it.</summary>
    public string Id { get; private set; } = string.Empty;

    /// <summary>The last that was told of it.</summary>
    public Build Last => _versions.Values.Last();

    /// <summary>Orders the build and watches it to its end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await UntilItWorksAsync(OrderAsync, cancellationToken);
        await Task.WhenAll(UntilItWorksAsync(WatchAsync, cancellationToken), UntilItWorksAsync(FollowAsync, cancellationToken));
    }

    /// <summary>What the service says now that is not what it said before; null when there is nothing.</summary>
    public async Task<string?> FindContradictionAsync(CancellationToken cancellationToken)
    {
        using var watch = _builds.WatchBuild(new WatchBuildRequest { BuildId = Id }, cancellationToken: cancellationToken);
        await foreach (var build in watch.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (_versions.TryGetValue(build.Version, out var told) && (told.Status, told.Attempt) != (build.Status, build.Attempt))
            {
                return $"build {Id}: version {build.Version} was told as {told.Status}, attempt {told.Attempt}, and is {build.Status}, attempt {build.Attempt}";
            }
        }

        using var log = new MemoryStream();
        using var read = _builds.ReadLog(new ReadLogRequest { BuildId = Id }, cancellationToken: cancellationToken);
        await foreach (var part in read.ResponseStream.ReadAllAsync(cancellationToken))
        {
            log.Write(part.Content.Span);
        }

        return log.ToArray().AsSpan().SequenceEqual(_log.ToArray()) ? null : $"build {Id}: its log of {log.Length} bytes is not the {_log.Length} bytes that were followed";
    }

    public void Dispose() => _log.Dispose();

    private async Task OrderAsync(CancellationToken cancellationToken)
    {
        using var call = new BuilderService.ImageBuilderClient(channel).Build(order, cancellationToken: cancellationToken);
        if (!await call.ResponseStream.MoveNext(cancellationToken))
        {
            throw new InvalidOperationException("a Build stream ended before its first message");
        }

        // A build that was ordered, never told, and has made its image by now: there is nothing to watch.
        Id = call.ResponseStream.Current.Info?.BuildId
            ?? (await _builds.GetBuildAsync(new GetBuildRequest { WorkspaceRef = call.ResponseStream.Current.Ref }, cancellationToken: cancellationToken)).BuildId;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var call = _builds.WatchBuild(
            new WatchBuildRequest { BuildId = Id, AfterVersion = _versions.Keys.LastOrDefault() }, cancellationToken: cancellationToken);
        await foreach (var build in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            _versions.Add(build.Version, build);
            Hear(build.Attempt > 0);
        }

        if (_versions.Count == 0 || Last.EndTime is null)
        {
            throw new InvalidOperationException($"the watch of build {Id} ended before the build did");
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var ended = false;
        using var call = _builds.ReadLog(new ReadLogRequest { BuildId = Id, Offset = _log.Length, Follow = true }, cancellationToken: cancellationToken);
        await foreach (var part in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (part.Offset != _log.Length)
            {
                throw new InvalidOperationException($"the log of build {Id} goes on at {part.Offset} and not at {_log.Length}");
            }

            _log.Write(part.Content.Span);
            Hear(starts: false);
            ended = part.End;
        }

        if (!ended)
        {
            throw new InvalidOperationException($"the log of build {Id} ended before the build did");
        }
    }

    private void Hear(bool starts)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            if (_heard > 0 && Stopwatch.GetElapsedTime(_heard, now) is var silence && silence > LongestSilence)
            {
                LongestSilence = silence;
            }

            _heard = starts || _heard > 0 ? now : 0;
        }
    }

    /// <summary>Does something again for as long as the service is not there to do it.</summary>
    private async Task UntilItWorksAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await call(cancellationToken);
                return;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
            {
                lock (_lock)
                {
                    Interruptions++;
                }

                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}

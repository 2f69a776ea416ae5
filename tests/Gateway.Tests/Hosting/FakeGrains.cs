using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Tests.Hosting;

/// <summary>The grains as the gateway sees them, answering what the test says.</summary>
internal sealed class FakeGrains
{
    public const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    public FakeGrains(TimeProvider clock)
    {
        Clock = clock;
        Factory = GrainFactoryProxy.For(this);
        PinAnswer = id => Builds.ContainsKey(id) ? PinOutcome.Pinned : PinOutcome.NotFound;
    }

    public TimeProvider Clock { get; }

    public IGrainFactory Factory { get; }

    /// <summary>Answers by reference; a reference without one is not found.</summary>
    public ConcurrentDictionary<string, ResolveAnswer> Images { get; } = new();

    /// <summary>Every question for a digest, in their order.</summary>
    public ConcurrentQueue<(string Reference, ResolveQuery Query)> Queries { get; } = new();

    /// <summary>Every order for a build, in their order.</summary>
    public ConcurrentQueue<BuildOrderMessage> Orders { get; } = new();

    public ConcurrentDictionary<Guid, FakeBuild> Builds { get; } = new();

    public ConcurrentDictionary<string, Guid> Latest { get; } = new();

    public ImmutableArray<DirectoryEntry> Running { get; set; } = [];

    public ImmutableArray<DirectoryEntry> Ended { get; set; } = [];

    /// <summary>How many ended builds each shard of the directory cannot look at.</summary>
    public int Unreadable { get; set; }

    /// <summary>What the directory says to a pin. Default: pinned, when there is such a build.</summary>
    public Func<Guid, PinOutcome> PinAnswer { get; set; }

    /// <summary>What was let go of in the directory.</summary>
    public ConcurrentQueue<Guid> Unpinned { get; } = new();

    public QueueSnapshot Queue { get; set; } = new(0, 0, null, [], []);

    /// <summary>Called before every call of a grain with the method's name; it may wait, and it may throw.</summary>
    public Func<string, Task> BeforeCall { get; set; } = _ => Task.CompletedTask;

    /// <summary>Says that <paramref name="reference"/> exists.</summary>
    public void Put(string reference) => Images[reference] = new ResolveAnswer(ResolveOutcome.Found, Digest, string.Empty);

    public void Answer(string reference, ResolveOutcome outcome, string message = "it went wrong") =>
        Images[reference] = new ResolveAnswer(outcome, string.Empty, message);

    /// <summary>The build that orders for its image join, or start if nobody has ordered it yet.</summary>
    public FakeBuild Expect(string workspaceRef, string baseRef)
    {
        var build = new FakeBuild(this, workspaceRef, baseRef);
        Builds[build.Id] = build;
        Latest[workspaceRef] = build.Id;
        return build;
    }

    private sealed class Reference(FakeGrains grains, string key) : IReferenceGrain
    {
        public async Task<ResolveAnswer> Resolve(ResolveQuery query)
        {
            var reference = key.Split('|')[0];
            grains.Queries.Enqueue((reference, query));
            await grains.BeforeCall(nameof(Resolve));
            return grains.Images.TryGetValue(reference, out var answer) ? answer : new ResolveAnswer(ResolveOutcome.NotFound, string.Empty, "no such image");
        }

        public Task<ResolveAnswer> Precache(TimeSpan interval) => throw new NotSupportedException();
    }

    private sealed class Image(FakeGrains grains, string key) : IImageGrain
    {
        public async Task<BuildTicket> Build(BuildOrderMessage order)
        {
            await grains.BeforeCall(nameof(Build));
            order.WorkspaceRef.ShouldBe(key);
            grains.Orders.Enqueue(order);
            return new BuildTicket(grains.Latest[key], Joined: grains.Orders.Count(known => known.WorkspaceRef == key) > 1);
        }

        public async Task<Guid?> GetLatestBuild()
        {
            await grains.BeforeCall(nameof(GetLatestBuild));
            return grains.Latest.TryGetValue(key, out var id) ? id : null;
        }

        public Task<bool> Forget(Guid buildId) => throw new NotSupportedException();
    }

    private sealed class Directory(FakeGrains grains, long shard) : IBuildDirectoryGrain
    {
        public Task Add(DirectoryEntry entry) => throw new NotSupportedException();

        public Task End(DirectoryEntry entry) => throw new NotSupportedException();

        public Task Update(DirectoryEntry entry) => throw new NotSupportedException();

        public Task Drop(Guid buildId) => throw new NotSupportedException();

        public async Task<ImmutableArray<DirectoryEntry>> ListRunning()
        {
            await grains.BeforeCall(nameof(ListRunning));
            return [.. grains.Running.Where((_, index) => index % DirectoryShards.Count == shard)];
        }

        public async Task<DirectoryFindings> Find(DirectoryQuery query)
        {
            await grains.BeforeCall(nameof(Find));
            var running = grains.Running.Where(entry => query.Reasons.IsEmpty && (query with { Statuses = [] }).Matches(entry));
            return new DirectoryFindings(
            [
                .. running.Concat(grains.Ended.Where(query.Matches))
                    .Where(entry => DirectoryShards.NumberOf(entry.Id) == shard)
                    .Select(entry => new DirectoryHit(new DirectoryPosition(entry.CreatedAt, entry.Id), entry.FinishedAt is null, 0))
                    .Where(hit => query.Before is not { } before || hit.Position < before)
                    .OrderByDescending(hit => hit.Position)
                    .Take(query.Limit),
            ],
            grains.Unreadable);
        }

        public async Task<ImmutableArray<DirectoryEntry>> Read(ImmutableArray<DirectoryHit> hits)
        {
            await grains.BeforeCall(nameof(Read));
            hits.ShouldAllBe(hit => DirectoryShards.NumberOf(hit.Position.Id) == shard && !hit.IsRunning);
            return [.. grains.Ended.Where(entry => hits.Any(hit => hit.Position.Id == entry.Id))];
        }

        public async Task<PinOutcome> Pin(Guid buildId)
        {
            await grains.BeforeCall(nameof(Pin));
            DirectoryShards.NumberOf(buildId).ShouldBe((int)shard);
            return grains.PinAnswer(buildId);
        }

        public Task Unpin(Guid buildId)
        {
            grains.Unpinned.Enqueue(buildId);
            return Task.CompletedTask;
        }

        public Task TakeUp() => throw new NotSupportedException();

        public Task Restore(ImmutableArray<long> pages, ImmutableArray<Guid> builds) => throw new NotSupportedException();
    }

    private sealed class FakeQueue(FakeGrains grains) : IQueueGrain
    {
        public Task<QueueTurn> Wait(QueueTicket ticket, TimeSpan wait, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task Hold(QueueTicket ticket) => throw new NotSupportedException();

        public Task Leave(Guid buildId) => throw new NotSupportedException();

        public async Task<QueueSnapshot> Get()
        {
            await grains.BeforeCall(nameof(Get));
            return grains.Queue;
        }
    }

    [SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it.")]
    private class GrainFactoryProxy : DispatchProxy
    {
        private FakeGrains _grains = null!;

        public static IGrainFactory For(FakeGrains grains)
        {
            var factory = Create<IGrainFactory, GrainFactoryProxy>();
            ((GrainFactoryProxy)(object)factory)._grains = grains;
            return factory;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => (targetMethod!.ReturnType, args![0]) switch
        {
            ({ Name: nameof(IReferenceGrain) }, string key) => new Reference(_grains, key),
            ({ Name: nameof(IImageGrain) }, string key) => new Image(_grains, key),
            ({ Name: nameof(IBuildGrain) }, Guid key) => _grains.Builds.GetOrAdd(key, _ => FakeBuild.Unknown(_grains)),
            ({ Name: nameof(IBuildDirectoryGrain) }, long shard) => new Directory(_grains, shard),
            ({ Name: nameof(IQueueGrain) }, IQueueGrain.Default) => new FakeQueue(_grains),
            _ => throw new NotSupportedException($"{targetMethod.ReturnType} by {args[0]}"),
        };
    }
}

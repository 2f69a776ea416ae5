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

    public FakeGrains() => Factory = GrainFactoryProxy.For(this);

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

        public Task<ImmutableArray<DirectoryHit>> Find(DirectoryQuery query) => throw new NotSupportedException();

        public Task<ImmutableArray<DirectoryEntry>> Read(ImmutableArray<DirectoryHit> hits) => throw new NotSupportedException();

        public Task<PinOutcome> Pin(Guid buildId) => throw new NotSupportedException();

        public Task Unpin(Guid buildId) => throw new NotSupportedException();

        public Task TakeUp() => throw new NotSupportedException();
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
            _ => throw new NotSupportedException($"{targetMethod.ReturnType} by {args[0]}"),
        };
    }
}

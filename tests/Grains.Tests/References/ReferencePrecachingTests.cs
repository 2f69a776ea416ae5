using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.References;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Registry.Names;
using ImageBuilder.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageBuilder.Grains.Tests.References;

public sealed class ReferencePrecachingTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Grains _grains = new();

    [Fact]
    public async Task Execute_AtStart_EveryReferenceOnce()
    {
        var references = Enumerable.Range(0, 20).Select(index => $"registry.test/app-{index}:1");
        using var precaching = await StartAsync([.. references, "registry.test/app-0:1"]);

        await UntilAskedAsync(20);
        await UntilIdleAsync(8);

        _grains.Asked.Order(StringComparer.Ordinal).ShouldBe(references.Select(reference => $"{reference}|linux/amd64").Order(StringComparer.Ordinal));
        await precaching.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Execute_Resolved_AgainShortlyBeforeTheIntervalIsOver()
    {
        using var precaching = await StartAsync(["registry.test/app:1"]);
        await UntilAskedAsync(1);
        await UntilIdleAsync(1);

        _clock.Advance(TimeSpan.FromHours(6 * 0.849));
        await Task.Yield();
        _grains.Asked.Count.ShouldBe(1);
        _clock.Advance(TimeSpan.FromHours(6 * 0.102));

        await UntilAskedAsync(2);
        await precaching.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Execute_NotResolved_SoonerAndLaterAndLater(bool isGrainOut)
    {
        _grains.Answer = () => isGrainOut ? throw new TimeoutException("gone") : new ResolveAnswer(ResolveOutcome.Failed, string.Empty, "down");
        using var precaching = await StartAsync(["registry.test/app:1"]);
        foreach (var (asked, minutes) in new[] { (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64) })
        {
            await UntilAskedAsync(asked);
            await UntilIdleAsync(1);
            // The worker counts from some moment of the step in which its timer fired, so it may be ahead of the clock: by less than 0.11 of this pause,
            // since the shortest pause is 0.85 of the nominal one, a round takes 0.96, and the pauses double.
            _clock.Advance(TimeSpan.FromMinutes(minutes) * 0.7);
            _grains.Asked.Count.ShouldBe(asked);
            _clock.Advance(TimeSpan.FromMinutes(minutes) * 0.26);
        }

        await UntilAskedAsync(8);
        await precaching.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Execute_NothingConfigured_Ends()
    {
        using var precaching = await StartAsync([]);

        await precaching.ExecuteTask!.WaitAsync(Patience.Limit);
    }

    private async Task<ReferencePrecaching> StartAsync(string[] references)
    {
        var precaching = new ReferencePrecaching(
            GrainFactoryProxy.For(_grains),
            new PrecacheOptions { References = [.. references.Select(ImageReference.Parse)], Interval = TimeSpan.FromHours(6) },
            _clock,
            NullLogger<ReferencePrecaching>.Instance);
        await precaching.StartAsync(CancellationToken.None);
        return precaching;
    }

    private Task UntilAskedAsync(int times) => UntilAsync(() => _grains.Asked.Count >= times);

    /// <summary>All workers wait for the clock.</summary>
    private Task UntilIdleAsync(int workers) => UntilAsync(() => _clock.ArmedTimers == workers);

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var over = new CancellationTokenSource(Patience.Limit);
        while (!reached())
        {
            over.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class Grains
    {
        public ConcurrentQueue<string> Asked { get; } = [];

        public Func<ResolveAnswer> Answer { get; set; } = () => new ResolveAnswer(ResolveOutcome.Found, "sha256:1", string.Empty);
    }

    private sealed class Reference(Grains grains, string key) : IReferenceGrain
    {
        public Task<ResolveAnswer> Resolve(ResolveQuery query) => throw new NotSupportedException();

        public Task<ResolveAnswer> Precache(TimeSpan interval)
        {
            interval.ShouldBe(TimeSpan.FromHours(6));
            grains.Asked.Enqueue(key);
            return Task.FromResult(grains.Answer());
        }
    }

    [SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it.")]
    private class GrainFactoryProxy : DispatchProxy
    {
        private Grains _grains = null!;

        public static IGrainFactory For(Grains grains)
        {
            var factory = Create<IGrainFactory, GrainFactoryProxy>();
            ((GrainFactoryProxy)(object)factory)._grains = grains;
            return factory;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => new Reference(_grains, (string)args![0]!);
    }
}

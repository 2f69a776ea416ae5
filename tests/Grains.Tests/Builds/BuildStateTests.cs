using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildStateTests
{
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomEvents_InAnyOrder_EveryVersionIsToldAsItWas(int seed)
    {
        var random = new Random(seed);
        var changes = 0;
        for (var run = 0; run < 2_000; run++)
        {
            var build = BuildState.Accepted(GrainWorld.Order(), Start, Longest);
            var told = new List<BuildSnapshot> { build.ToSnapshot(Id, Longest) };
            var length = random.Next(1, 40);
            for (var step = 1; step < length; step++)
            {
                var next = Apply(build, random, Start.AddSeconds(step));
                if (ReferenceEquals(next, build))
                {
                    continue;
                }

                changes++;
                next.Version.ShouldBe(build.Version + 1);
                if (BuildLifecycle.IsFinal(build.Status))
                {
                    (next with { Version = build.Version, Pinned = build.Pinned, Transitions = build.Transitions }).ShouldBe(build);
                }

                build = next;
                told.Add(build.ToSnapshot(Id, Longest));
            }

            var from = random.Next(0, (int)build.Version + 1);
            build.SnapshotsAfter(from, Id, Longest).ShouldBe(told.Skip(from));
        }

        changes.ShouldBeGreaterThan(10_000);
    }

    [Fact]
    public void Changes_MoreThanAreKept_TheLastOnesAre()
    {
        var build = BuildState.Accepted(GrainWorld.Order(), Start, Longest);
        for (var change = 0; change < 200; change++)
        {
            build = build.PinnedAs(change % 2 == 0, Start.AddSeconds(change));
        }

        build.Version.ShouldBe(201);
        build.SnapshotsAfter(0, Id, Longest).Select(snapshot => snapshot.Version)
            .ShouldBe(Enumerable.Range(0, BuildState.MaxTransitions).Select(index => 201L - BuildState.MaxTransitions + 1 + index));
    }

    [Fact]
    public void SnapshotsAfter_StateOfAnEarlierRelease_IsTheLastVersion()
    {
        var build = BuildState.Accepted(GrainWorld.Order(), Start, Longest) with { Transitions = [], Version = 5, Status = BuildStatus.Succeeded };

        build.SnapshotsAfter(2, Id, Longest).ShouldHaveSingleItem().ShouldBe(build.ToSnapshot(Id, Longest));
    }

    [Fact]
    public void Order_StoredAndRead_HasItsExtras()
    {
        var extras = new BuildExtrasMessage(ImmutableDictionary<string, string>.Empty.Add("WHAT", "a"), ImmutableDictionary<string, string>.Empty, "wanted", "linux/arm64");

        var read = Stored(GrainWorld.Order() with { Extras = extras }).Deserialize<StoredOrder>()!;

        (read.Extras! with { Arguments = extras.Arguments, Labels = extras.Labels }).ShouldBe(extras);
        read.Extras.Arguments.ShouldBe(extras.Arguments);
    }

    [Fact]
    public void Order_OfAnEarlierRelease_HasNone()
    {
        var stored = Stored(GrainWorld.Order());
        stored.AsObject().Remove("Extras").ShouldBeTrue();

        stored.Deserialize<StoredOrder>()!.ToOrder().Extras.IsNone.ShouldBeTrue();
    }

    private static JsonNode Stored(BuildOrderMessage order) => JsonSerializer.SerializeToNode(BuildState.Accepted(order, Start, Longest).Order)!;

    private static BuildState Apply(BuildState build, Random random, DateTimeOffset now)
    {
        try
        {
            return random.Next(8) switch
            {
                0 => build.CancelRequested("anna", now),
                1 => build.PinnedAs(random.Next(2) == 0, now),
                2 => build.Launched(random.Next(100), now),
                3 when random.Next(4) == 0 => build.Ended(BuildStatus.Succeeded, null, "sha256:a", now),
                4 when random.Next(4) == 0 => build.Ended(BuildStatus.Failed, new BuildFailureMessage(FailureReason.Internal, "no", []), null, now),
                _ => build.Moved((BuildStatus)random.Next((int)BuildStatus.Succeeded), now),
            };
        }
        catch (InvalidOperationException)
        {
            return build;
        }
    }
}

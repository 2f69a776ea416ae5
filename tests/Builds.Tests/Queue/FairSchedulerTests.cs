using ImageBuilder.Builds.Queue;
using Shouldly;
using Xunit;

namespace ImageBuilder.Builds.Tests.Queue;

public class FairSchedulerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FairScheduler _queue = new();
    private int _entered;

    [Fact]
    public void Admit_MoreThanThereIsRoomFor_AdmitsTheFirstComers()
    {
        var builds = Enter("a", "b", "c");

        Admit(2).ShouldBe(builds[..2]);

        _queue.Waiting.Select(build => build.BuildId).ShouldBe(builds[2..]);
        Admit(2).ShouldBeEmpty();
    }

    [Fact]
    public void Admit_OwnerWithManyBuilds_TakesTurnsWithTheOthers()
    {
        var many = Enter("many", "many", "many", "many");
        var few = Enter("few");
        var other = Enter("other");

        Admit(3).ShouldBe([many[0], few[0], other[0]]);
    }

    [Fact]
    public void Admit_OwnersWithEquallyManyRunning_ServesTheOneServedLongestAgo()
    {
        var first = Enter("a", "a");
        Admit(1).ShouldBe(first[..1]);
        var second = Enter("b");
        _queue.Leave(first[0]);

        Admit(1).ShouldBe(second);
    }

    [Fact]
    public void Admit_BackgroundCameFirst_ServesInteractive()
    {
        var background = Enter(BuildPriority.Background, "a");
        var interactive = Enter("b");

        Admit(1).ShouldBe(interactive);
        _queue.Leave(interactive[0]);
        Admit(1).ShouldBe(background);
    }

    [Fact]
    public void Admit_OwnerAtHisLimit_IsPassedOverForBackgroundOfOthers()
    {
        var busy = Enter("busy", "busy");
        var background = Enter(BuildPriority.Background, "other");

        Admit(10, perOwner: 1).ShouldBe([busy[0], background[0]]);
    }

    [Fact]
    public void Admit_OwnerAtHisLimitInOnePriority_CountsInTheOther()
    {
        var interactive = Enter("a");
        var background = Enter(BuildPriority.Background, "a");

        Admit(10, perOwner: 1).ShouldBe(interactive);
        Admit(10, perOwner: 2).ShouldBe(background);
    }

    [Fact]
    public void Admit_BuildsOfNobody_AreNotCountedTogether()
    {
        var builds = Enter("", "", "");

        Admit(10, perOwner: 1).ShouldBe(builds);
    }

    [Fact]
    public void Admit_LimitRaised_AdmitsMore()
    {
        Enter("a", "b", "c");
        Admit(1).Count.ShouldBe(1);

        Admit(0).Count.ShouldBe(2);
    }

    [Fact]
    public void Admit_LimitLowered_AdmitsNobodyUntilThereIsRoom()
    {
        var builds = Enter("a", "b", "c", "d");
        Admit(3);

        _queue.Leave(builds[0]);
        Admit(2).ShouldBeEmpty();
        _queue.Leave(builds[1]);
        Admit(2).ShouldBe(builds[3..]);
    }

    [Fact]
    public void Enter_SameBuildAgain_KeepsItsPlace()
    {
        var first = Enter("a")[0];
        var second = Enter("b")[0];

        _queue.Enter(new QueueEntry(first, "a", BuildPriority.Interactive, Start.AddDays(1)));

        _queue.Waiting.Select(build => build.BuildId).ShouldBe([first, second]);
    }

    [Fact]
    public void Enter_BuildThatRuns_DoesNotWaitAgain()
    {
        var build = Enter("a")[0];
        Admit(1);

        _queue.Enter(new QueueEntry(build, "a", BuildPriority.Interactive, Start));

        _queue.Waiting.ShouldBeEmpty();
        _queue.IsRunning(build).ShouldBeTrue();
    }

    [Fact]
    public void Hold_NoRoom_TakesAPlaceAllTheSame()
    {
        Enter("a");
        Admit(1);
        var held = Guid.NewGuid();

        _queue.Hold(new QueueEntry(held, "b", BuildPriority.Interactive, Start));

        _queue.IsRunning(held).ShouldBeTrue();
        Enter("c");
        Admit(2).ShouldBeEmpty();
    }

    [Fact]
    public void Ahead_WaitingBuilds_CountsThoseThatGoBefore()
    {
        var background = Enter(BuildPriority.Background, "a")[0];
        var many = Enter("b", "b");
        var few = Enter("c")[0];

        _queue.Ahead(many[0]).ShouldBe(0);
        _queue.Ahead(few).ShouldBe(1);
        _queue.Ahead(many[1]).ShouldBe(2);
        _queue.Ahead(background).ShouldBe(3);
        _queue.Ahead(Guid.NewGuid()).ShouldBeNull();
    }

    [Fact]
    public void Leave_WaitingBuild_LetsTheOthersMoveUp()
    {
        var builds = Enter("a", "b");

        _queue.Leave(builds[0]).ShouldBeTrue();
        _queue.Leave(builds[0]).ShouldBeFalse();

        _queue.Ahead(builds[1]).ShouldBe(0);
    }

    /// <summary>Whatever comes and goes: limits hold, nobody is lost or doubled, and the line that is told is the line that is served.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomEvents_AnyOrder_KeepTheRules(int seed)
    {
        var random = new Random(seed);
        var here = new List<QueueEntry>();
        for (var step = 0; step < 5_000; step++)
        {
            var limits = new QueueLimits { Concurrency = random.Next(0, 6), ConcurrencyPerOwner = random.Next(0, 3) };
            var running = _queue.Running.Select(build => build.BuildId).ToHashSet();
            switch (random.Next(4))
            {
                case 0 when here.Count < 60:
                    var priority = random.Next(2) == 0 ? BuildPriority.Interactive : BuildPriority.Background;
                    var build = new QueueEntry(Guid.NewGuid(), random.Next(4) is var owner and > 0 ? $"o{owner}" : "", priority, Start.AddSeconds(step));
                    here.Add(build);
                    _queue.Enter(build);
                    break;
                case 1 when here.Count > 0:
                    var leaves = here[random.Next(here.Count)];
                    here.Remove(leaves);
                    _queue.Leave(leaves.BuildId).ShouldBeTrue();
                    break;
                default:
                    var line = _queue.Waiting.Select(waiting => waiting.BuildId).ToList();
                    var admitted = _queue.Admit(limits, Start.AddSeconds(step));
                    if (limits.ConcurrencyPerOwner == 0)
                    {
                        admitted.Select(entry => entry.BuildId).ShouldBe(line.Take(admitted.Count));
                    }

                    foreach (var entry in admitted)
                    {
                        running.Contains(entry.BuildId).ShouldBeFalse();
                        if (limits.ConcurrencyPerOwner > 0 && entry.Owner.Length > 0)
                        {
                            _queue.Running.Count(other => other.Owner == entry.Owner).ShouldBeLessThanOrEqualTo(limits.ConcurrencyPerOwner);
                        }
                    }

                    if (admitted.Count > 0 && limits.Concurrency > 0)
                    {
                        _queue.Running.Count.ShouldBeLessThanOrEqualTo(limits.Concurrency);
                    }

                    if (limits is { Concurrency: 0, ConcurrencyPerOwner: 0 })
                    {
                        _queue.Waiting.ShouldBeEmpty();
                    }

                    break;
            }

            _queue.Running.Concat(_queue.Waiting).Select(entry => entry.BuildId).ShouldBe(here.Select(entry => entry.BuildId), ignoreOrder: true);
        }
    }

    private IReadOnlyList<Guid> Admit(int concurrency, int perOwner = 0) =>
        [.. _queue.Admit(new QueueLimits { Concurrency = concurrency, ConcurrencyPerOwner = perOwner }, Start).Select(build => build.BuildId)];

    private Guid[] Enter(params string[] owners) => Enter(BuildPriority.Interactive, owners);

    private Guid[] Enter(BuildPriority priority, params string[] owners) => [.. owners.Select(owner =>
    {
        var build = new QueueEntry(Guid.NewGuid(), owner, priority, Start.AddSeconds(_entered++));
        _queue.Enter(build);
        return build.BuildId;
    })];
}

using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Tests.Lifecycle;

public sealed class BuildLifecycleTests
{
    private static readonly (BuildStatus From, BuildStatus To)[] Forward =
    [
        (BuildStatus.Queued, BuildStatus.Launching),
        (BuildStatus.Launching, BuildStatus.Running),
        (BuildStatus.Launching, BuildStatus.Queued),
        (BuildStatus.Running, BuildStatus.Verifying),
        (BuildStatus.Running, BuildStatus.Queued),
        (BuildStatus.Verifying, BuildStatus.Succeeded),
    ];

    public static TheoryData<BuildStatus, BuildStatus> AllPairs()
    {
        var pairs = new TheoryData<BuildStatus, BuildStatus>();
        foreach (var from in Enum.GetValues<BuildStatus>())
        {
            foreach (var to in Enum.GetValues<BuildStatus>())
            {
                pairs.Add(from, to);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void CanMove_OfEveryPair_IsAsTheTableSays(BuildStatus from, BuildStatus to)
    {
        BuildStatus[] final = [BuildStatus.Succeeded, BuildStatus.Failed, BuildStatus.Cancelled, BuildStatus.TimedOut];
        BuildStatus[] unhappyEnds = [BuildStatus.Failed, BuildStatus.Cancelled, BuildStatus.TimedOut];
        var expected = !final.Contains(from) && (unhappyEnds.Contains(to) || Forward.Contains((from, to)));

        BuildLifecycle.CanMove(from, to).ShouldBe(expected);
        BuildLifecycle.IsFinal(from).ShouldBe(final.Contains(from));
    }

    [Fact]
    public void CanMove_FromQueued_ReachesEveryStatus()
    {
        var reached = new HashSet<BuildStatus> { BuildStatus.Queued };
        while (Enum.GetValues<BuildStatus>().FirstOrDefault(to => !reached.Contains(to) && reached.Any(from => BuildLifecycle.CanMove(from, to))) is var next
            && next != BuildStatus.Queued)
        {
            reached.Add(next);
        }

        reached.Count.ShouldBe(Enum.GetValues<BuildStatus>().Length);
    }

    public static TheoryData<FailureReason> AllReasons() => [.. Enum.GetValues<FailureReason>()];

    [Theory]
    [MemberData(nameof(AllReasons))]
    public void MayRetry_OfEveryReason_IsOnceAndOnlyForFaultsOfThePlace(FailureReason reason)
    {
        var faultOfPlace = reason is FailureReason.BuilderLost or FailureReason.LauncherUnavailable;

        AttemptPolicy.IsFaultOfPlace(reason).ShouldBe(faultOfPlace);
        Enumerable.Range(0, 5).Select(attempts => AttemptPolicy.MayRetry(reason, attempts)).ShouldBe([faultOfPlace, faultOfPlace, false, false, false]);
    }

    [Theory]
    [MemberData(nameof(AllReasons))]
    public void EndOf_EveryReason_IsAnUnhappyEnd(FailureReason reason)
    {
        var expected = reason switch
        {
            FailureReason.Cancelled => BuildStatus.Cancelled,
            FailureReason.Timeout or FailureReason.QueueTimeout => BuildStatus.TimedOut,
            _ => BuildStatus.Failed,
        };

        BuildLifecycle.EndOf(reason).ShouldBe(expected);
        Enum.GetValues<BuildStatus>().Where(from => !BuildLifecycle.IsFinal(from)).ShouldAllBe(from => BuildLifecycle.CanMove(from, expected));
    }

    [Theory]
    [InlineData(FailureReason.BuildStepFailed, "RUN false: exit status 1", "build failed: RUN false: exit status 1")]
    [InlineData(FailureReason.BuildStepFailed, "build failed: RUN false", "build failed: RUN false")]
    [InlineData(FailureReason.DockerfileNotFound, "could not find Dockerfile", "build failed: could not find Dockerfile")]
    [InlineData(FailureReason.Internal, "image build did not produce a workspace image", "image build did not produce a workspace image")]
    [InlineData(FailureReason.BuilderLost, "the builder was lost", "the builder was lost")]
    public void WireMessage_ByReason_MarksUserErrorsOnce(FailureReason reason, string message, string expected) =>
        new BuildFailure(reason, message).WireMessage.ShouldBe(expected);
}

using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Tests.Lifecycle;

public sealed class JoinPolicyTests
{
    public static TheoryData<BuildStatus?, bool, bool> AllCases()
    {
        var cases = new TheoryData<BuildStatus?, bool, bool>();
        foreach (var last in Enum.GetValues<BuildStatus>().Cast<BuildStatus?>().Append(null))
        {
            foreach (var (cancelRequested, force) in new[] { (false, false), (false, true), (true, false), (true, true) })
            {
                cases.Add(last, cancelRequested, force);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Decide_OfEveryCase_IsAsTheTableSays(BuildStatus? last, bool cancelRequested, bool force)
    {
        var expected = last switch
        {
            null => JoinDecision.Start,
            BuildStatus.Queued or BuildStatus.Launching or BuildStatus.Running or BuildStatus.Verifying =>
                cancelRequested ? JoinDecision.WaitForEnd : JoinDecision.Join,
            BuildStatus.Succeeded => force ? JoinDecision.Start : JoinDecision.JoinIfImageIsThere,
            _ => JoinDecision.Start,
        };

        JoinPolicy.Decide(last, cancelRequested, force).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Decide_BuildGoesOn_NeverStartsAnother(BuildStatus? last, bool cancelRequested, bool force)
    {
        if (last is { } status && !BuildLifecycle.IsFinal(status))
        {
            JoinPolicy.Decide(last, cancelRequested, force).ShouldNotBe(JoinDecision.Start);
        }
    }
}

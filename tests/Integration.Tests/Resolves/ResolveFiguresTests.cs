using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Figures;

namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>That the harness measures; what it measures is for an idle machine.</summary>
[Collection(Crowds.Name)]
public sealed class ResolveFiguresTests
{
    [ProcessFact]
    public async Task RunAsync_ShortRounds_PrintsEveryRoundBesideTheGoals()
    {
        using var output = new StringWriter();

        await ResolveFiguresRun.RunAsync(new ResolveFiguresOptions { Rounds = 2, Round = TimeSpan.FromMilliseconds(100), Calls = 8 }, output, RunningService.Deadline);

        var lines = output.ToString().Split('\n');
        lines.Count(line => line.TrimStart().StartsWith("2 ", StringComparison.Ordinal)).ShouldBe(3);
        lines.ShouldContain(line => line.StartsWith("median", StringComparison.Ordinal) && line.EndsWith("goal: a ratio of at least 0.60", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("median", StringComparison.Ordinal) && line.EndsWith("goal: a p99 under 5 ms", StringComparison.Ordinal));
    }
}

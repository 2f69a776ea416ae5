using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class ResourceLimitsTests
{
    private const string Fails = "echo '{\"succeeded\":false,\"reason\":\"BuildStepFailed\",\"message\":\"build failed: exit status 137\"}' >\"$BOB_WORKSPACE/.gitpod/outcome.json\"; exit 1";

    /// <summary>It leaves the process group, the session and its parent, and gives no sign.</summary>
    [ControlGroupFact]
    public async Task Launch_ProcessMadeItselfIndependent_EndsWithTheBuild()
    {
        await using var bob = new FakeBob(build: $"setsid sh -c 'cd /; : >$0/away; exec sleep 600' $TEST & while [ ! -e $TEST/away ]; do sleep 0.01; done; {FakeBob.BuildSucceeds}");
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);

        bob.Members().ShouldBeEmpty();
    }

    [ControlGroupFact]
    public async Task Launch_MemoryBomb_FailsAndSaysWhichLimit()
    {
        await using var bob = new FakeBob(build: $"head -c 300000000 /dev/zero | tail -c 300000000 >/dev/null;{Fails}", limits: new ResourceLimits { Memory = 64 << 20 });
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(
            AttemptOutcome.Failed(FailureReason.BuildStepFailed, "build failed: exit status 137 (the build reached its memory limit of 64 MiB)"));
    }

    [ControlGroupFact]
    public async Task Launch_ForkBomb_FailsAndNothingIsLeft()
    {
        await using var bob = new FakeBob(
            build: $"cat >$TEST/bomb <<'BOMB'\nbomb() {{ bomb | bomb & }}; bomb\nBOMB\nsh $TEST/bomb >/dev/null 2>&1; sleep 0.3; {Fails}", limits: new ResourceLimits { Processes = 50 });
        var attempt = await bob.LaunchAsync();

        var outcome = await attempt.Completion.WaitAsync(FakeBob.Patience);

        outcome.Failure!.Reason.ShouldBe(FailureReason.BuildStepFailed);
        outcome.Failure.Message.ShouldContain("the build reached its limit of processes");
        bob.Members().ShouldBeEmpty();
    }

    /// <summary>Whoever has killed the service between making the group and the folder, or removing one and the other.</summary>
    [ControlGroupFact]
    public async Task Start_GroupWithoutFolder_IsEndedAndRemoved()
    {
        await using var bob = new FakeBob(build: ": >$TEST/runs; exec sleep 600");
        await bob.LaunchAsync();
        await bob.SignalAsync("runs");
        var groups = await File.ReadAllLinesAsync(Path.Combine(bob.AttemptFolder, "cgroup"));
        Directory.Move(bob.AttemptFolder, Path.Combine(bob.Folder, "aside"));

        await bob.NewLauncher().Swept;

        groups.ShouldAllBe(group => !Directory.Exists(group));
        Directory.Move(Path.Combine(bob.Folder, "aside"), bob.AttemptFolder);
    }
}

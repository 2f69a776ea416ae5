using System.Diagnostics;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Testing;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class ControlGroupTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("launchers-tests-");
    private readonly ControlGroup _group;

    public ControlGroupTests() => _group = Create();

    [ControlGroupFact]
    public async Task Kill_WhileItIsWatched_IsNoLimitOfTheBuilds()
    {
        var clock = new ManualTimeProvider();
        using var over = new CancellationTokenSource();
        var watching = _group.WatchAsync(clock, over.Token);
        await _group.KillAsync();

        clock.Advance(TimeSpan.FromMinutes(1));
        await over.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(watching);
        _group.ReachedLimit(string.Empty).ShouldBeNull();
    }

    [ControlGroupFact]
    public async Task Kill_ProcessesAreRefusedMeanwhile_IsNoLimitOfTheBuilds()
    {
        using var shell = Process("read -r go; sleep 0; sleep 0");
        await _group.KillAsync();
        _group.Add(shell.Id);
        await shell.StandardInput.WriteLineAsync("go");
        await shell.WaitForExitAsync().WaitAsync(FakeBob.Patience);

        await _group.KillAsync();

        shell.ExitCode.ShouldNotBe(0);
        _group.ReachedLimit(string.Empty).ShouldBeNull();
    }

    public void Dispose()
    {
        _group.Remove();
        _folder.Delete(recursive: true);
    }

    private ControlGroup Create() =>
        ControlGroup.Create(ControlGroupHierarchy.Read(), $"launchers-tests-{Guid.NewGuid():N}", new ResourceLimits(), Path.Combine(_folder.FullName, "cgroup"))!;

    private static System.Diagnostics.Process Process(string script) => System.Diagnostics.Process.Start(
        new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardInput = true, RedirectStandardError = true })!;
}

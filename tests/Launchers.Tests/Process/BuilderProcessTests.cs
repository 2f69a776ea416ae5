using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class BuilderProcessTests
{
    /// <summary>A parent that does not wait for its children is what the first process of many containers is.</summary>
    [Fact]
    public async Task KillGroup_LeaderIsAZombie_ItsChildrenAreKilled()
    {
        var folder = Directory.CreateTempSubdirectory("launchers-tests-");
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", "setsid sh -c 'echo $$; sleep 600 >/dev/null & echo $!; exit 0' & exec sleep 600 >/dev/null"])
        {
            start.ArgumentList.Add(argument);
        }

        using var parent = System.Diagnostics.Process.Start(start)!;
        try
        {
            var leader = int.Parse((await parent.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            var child = int.Parse((await parent.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            await FakeBob.UntilAsync(() => StatOf(leader)?[0] == "Z");
            var note = Path.Combine(folder.FullName, "build.pid");
            await File.WriteAllTextAsync(note, $"{leader} {StatOf(leader)![19]}");
            var process = BuilderProcess.Find(note)!;
            process.IsRunning.ShouldBeFalse();

            process.KillGroup();

            await FakeBob.UntilAsync(() => StatOf(child) is null || StatOf(child)![0] == "Z");
        }
        finally
        {
            parent.Kill();
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Whatever ends the service before the note is made, a kill among it, leaves no builder that nobody knows of.</summary>
    [Fact]
    public async Task StartAsync_CannotBeNoted_BuilderNeverRuns()
    {
        var folder = Directory.CreateTempSubdirectory("launchers-tests-");
        try
        {
            var ran = Path.Combine(folder.FullName, "ran");

            await Should.ThrowAsync<DirectoryNotFoundException>(() => BuilderProcess.StartAsync(
                ["touch", ran],
                new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
                folder.FullName,
                Path.Combine(folder.FullName, "log"),
                Path.Combine(folder.FullName, "missing", "build.pid"),
                group: null,
                string.Empty,
                endsWithService: false,
                CancellationToken.None));

            await FakeBob.UntilAsync(() => FakeBob.ProcessesIn(folder.FullName).Count == 0);
            File.Exists(ran).ShouldBeFalse();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Find_IdBelongsToALaterProcess_IsNotRunningAndNotKilled()
    {
        var folder = Directory.CreateTempSubdirectory("launchers-tests-");
        using var other = System.Diagnostics.Process.Start("sleep", "600");
        try
        {
            var note = Path.Combine(folder.FullName, "build.pid");
            await File.WriteAllTextAsync(note, $"{other.Id} 12345");
            using var process = BuilderProcess.Find(note)!;

            process.IsRunning.ShouldBeFalse();
            process.Terminate();
            process.KillGroup();
            await process.WaitForExitAsync(TimeProvider.System, CancellationToken.None);

            other.HasExited.ShouldBeFalse();
        }
        finally
        {
            other.Kill();
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The fields of /proc/PID/stat from the third on, or null.</summary>
    private static string[]? StatOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>Ends <c>bob build</c> by signals at random moments while another build uses the same storage, and looks what is left once a further build has run.</summary>
/// <param name="surroundings">What the builds meet.</param>
/// <param name="engine">What builds: <c>buildah</c> or <c>buildkit</c>.</param>
/// <param name="folder">For their files.</param>
internal sealed class BuilderKills(Surroundings surroundings, string engine, string folder)
{
    private const int Terminate = 15;
    private const int Kill = 9;
    private const int Ballast = 8 << 20;
    private const int MostLate = 10;

    // A builder may be asked to end, die alone, or with its group.
    private static readonly (string Name, int Signal, bool Group)[] Ways =
        [("SIGTERM", Terminate, false), ("SIGTERM to its group", Terminate, true), ("SIGKILL", Kill, false), ("SIGKILL to its group", Kill, true)];

    private readonly Leftovers _leftovers = new(Path.Combine(folder, "data"));
    private int _stages;

    /// <summary>Ends <paramref name="kills"/> builders, and gives what should not be.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(int kills, Random random, TextWriter output, CancellationToken cancellationToken)
    {
        if (kills == 0)
        {
            return [];
        }

        var span = await MeasureAsync(cancellationToken);
        var found = new List<string>();
        for (var (kill, late) = (1, 0); kill <= kills;)
        {
            var way = Ways[kill % Ways.Length];
            var moment = span * random.NextDouble();

            // An image that the engine has is not pulled again.
            var ballast = random.Next(4) == 0 ? Ballast : 0;
            var image = ballast > 0 ? await BaseImage.PushAsync(surroundings.Registry, "killed/pulled", $"{kill}-{late}", ballast, cancellationToken) : surroundings.BaseImage;
            var (problems, wasLate) = await KillAsync(image, ballast, way.Signal, way.Group, moment, cancellationToken);
            found.AddRange(problems.Select(problem => $"kill {kill} with {engine}: {problem}"));
            if (!wasLate)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"kill {kill} with {engine}, {way.Name} after {moment.TotalMilliseconds:0} of about {span.TotalMilliseconds:0} ms; {found.Count} problems so far"));
                kill++;
            }
            else if (++late > kills + MostLate)
            {
                return [.. found, $"{late} builds with {engine} had ended before they were to be ended"];
            }
            else
            {
                // It does not count. The machine was busier when it was measured.
                span = moment;
            }
        }

        return found;
    }

    private async Task<(IReadOnlyList<string> Problems, bool WasLate)> KillAsync(string image, int ballast, int signal, bool group, TimeSpan moment, CancellationToken cancellationToken)
    {
        var mark = Guid.NewGuid();
        await using var killedStage = await StageAsync(cancellationToken);
        await using var honestStage = await StageAsync(cancellationToken);
        await using var nextStage = await StageAsync(cancellationToken);
        var processes = new BuildProcesses(killedStage.Workspaces, mark, $"{mark:N}");

        // Which of the two unpacks the image, and which finds it unpacked, is left to chance; what comes last in it is missing from one that is half unpacked.
        await using var honest = await honestStage.BuildAsync(Guid.NewGuid(), $"FROM {image}\nRUN echo {mark}; test $(cat /ballast 2>/dev/null | wc -c) = {ballast} && sleep 1\nRUN true\n");
        await using var killed = await killedStage.BuildAsync(mark, StubbornDockerfile.Text(image, $"{mark:N}"));
        await Task.Delay(moment, cancellationToken);
        _leftovers.NoteSteps();
        processes.Alive();
        var wasLate = killed.Exited.IsCompleted;
        killed.Signal(signal, group);
        await killed.Exited.WaitAsync(cancellationToken);
        await honest.Exited.WaitAsync(cancellationToken);
        await using var next = await nextStage.BuildAsync(Guid.NewGuid(), $"FROM {image}\nRUN echo {mark}; true\n");
        await next.Exited.WaitAsync(cancellationToken);
        return (
            [
                .. new[] { honest, next }.Where(build => build.ExitCode != 0 || !HasRun(build, $"{mark}")).Select(build => $"a build beside it or after it failed, or did nothing:\n{build.LogTail()}"),
                .. await _leftovers.WaitAsync(cancellationToken),
                .. processes.Alive(),
            ],
            wasLate);
    }

    private async Task<TimeSpan> MeasureAsync(CancellationToken cancellationToken)
    {
        var mark = Guid.NewGuid();
        await using var stage = await StageAsync(cancellationToken);
        var start = Stopwatch.GetTimestamp();
        await using var build = await stage.BuildAsync(mark, StubbornDockerfile.Text(surroundings.BaseImage, $"{mark:N}"));
        await build.Exited;
        return build.ExitCode == 0 && HasRun(build, StubbornDockerfile.Started)
            ? Stopwatch.GetElapsedTime(start)
            : throw new InvalidOperationException($"bob ended with {build.ExitCode}:\n{build.LogTail()}");
    }

    // An image of its own for each build: one whose base exists is not built.
    private Task<BuilderStage> StageAsync(CancellationToken cancellationToken)
    {
        var number = ++_stages;
        var own = Directory.CreateDirectory(Path.Combine(folder, $"stage{number}")).FullName;
        return BuilderStage.StartAsync(surroundings, engine, own, Path.Combine(folder, "data", "buildah"), cancellationToken, $"{engine}{number}");
    }

    private static bool HasRun(RunningProcess build, string said) => File.ReadAllText(build.LogFile).Contains(said, StringComparison.Ordinal);
}

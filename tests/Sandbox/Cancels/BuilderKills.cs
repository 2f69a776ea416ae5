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

    // A builder may be asked to end, die alone, or with its group.
    private static readonly (string Name, int Signal, bool Group)[] Ways =
        [("SIGTERM", Terminate, false), ("SIGTERM to its group", Terminate, true), ("SIGKILL", Kill, false), ("SIGKILL to its group", Kill, true)];

    private readonly Leftovers _leftovers = new(Path.Combine(folder, "data"));

    /// <summary>Ends <paramref name="kills"/> builders, and gives what should not be.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(int kills, Random random, TextWriter output, CancellationToken cancellationToken)
    {
        if (kills == 0)
        {
            return [];
        }

        Directory.CreateDirectory(folder);
        await using var stage = await BuilderStage.StartAsync(surroundings, engine, folder, Path.Combine(folder, "data", "buildah"), cancellationToken);
        var span = await MeasureAsync(stage);
        var found = new List<string>();
        for (var kill = 1; kill <= kills; kill++)
        {
            var way = Ways[kill % Ways.Length];
            var moment = TimeSpan.FromMilliseconds(random.Next((int)(span.TotalMilliseconds * 1.2)));

            // An image that the engine has is not pulled again.
            var image = random.Next(4) == 0 ? await BaseImage.PushAsync(surroundings.Registry, "killed/pulled", $"{kill}", ballast: 8 << 20, cancellationToken: cancellationToken) : surroundings.BaseImage;
            var problems = await KillAsync(stage, image, way.Signal, way.Group, moment, cancellationToken);
            found.AddRange(problems.Select(problem => $"kill {kill} with {engine}: {problem}"));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"kill {kill} with {engine}, {way.Name} after {moment.TotalMilliseconds:0} of about {span.TotalMilliseconds:0} ms; {found.Count} problems so far"));
        }

        return found;
    }

    private async Task<IReadOnlyList<string>> KillAsync(BuilderStage stage, string image, int signal, bool group, TimeSpan moment, CancellationToken cancellationToken)
    {
        var mark = Guid.NewGuid();
        var processes = new BuildProcesses(stage.Workspaces, mark, $"{mark:N}");
        await using var honest = await stage.BuildAsync(Guid.NewGuid(), $"FROM {surroundings.BaseImage}\nRUN echo {mark}; sleep 1\nRUN true\n");
        await using var killed = await stage.BuildAsync(mark, StubbornDockerfile.Text(image, $"{mark:N}"));
        await Task.Delay(moment, cancellationToken);
        _leftovers.NoteSteps();
        processes.Alive();
        killed.Signal(signal, group);
        await killed.Exited.WaitAsync(cancellationToken);
        await honest.Exited.WaitAsync(cancellationToken);
        await using var next = await stage.BuildAsync(Guid.NewGuid(), $"FROM {surroundings.BaseImage}\nRUN true\n");
        await next.Exited.WaitAsync(cancellationToken);
        return
        [
            .. new[] { honest, next }.Where(build => build.ExitCode != 0).Select(build => $"a build beside it or after it failed:\n{build.LogTail()}"),
            .. await _leftovers.WaitAsync(cancellationToken),
            .. processes.Alive(),
        ];
    }

    private async Task<TimeSpan> MeasureAsync(BuilderStage stage)
    {
        var mark = Guid.NewGuid();
        var start = Stopwatch.GetTimestamp();
        await using var build = await stage.BuildAsync(mark, StubbornDockerfile.Text(surroundings.BaseImage, $"{mark:N}"));
        await build.Exited;
        return build.ExitCode == 0 ? Stopwatch.GetElapsedTime(start) : throw new InvalidOperationException($"bob ended with {build.ExitCode}:\n{build.LogTail()}");
    }
}

using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Sandbox.Cancels;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>
/// Measures <c>bob build</c>, without a service, against the engine by hand: the same Dockerfile, nothing of which has changed since the build before, built and pushed under
/// a new name. bob copies the image to a second repository besides. Its proxy has served a request before, as the one that a service keeps ahead of the next build has.
/// One Dockerfile is as small as can be, which shows what bob costs; another is like those of projects.
/// </summary>
internal static class BuilderFiguresRun
{
    private const int Repetitions = 10;
    private const int Folders = 40;
    private const int FilesInEach = 50;
    private const int FileSize = 4 << 10;
    private const double Milliseconds = 1000;

    /// <summary>Measures each engine that is there.</summary>
    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("imagebuilder-figures-");
        try
        {
            await using var surroundings = await Surroundings.StartAsync(data.FullName, cancellationToken: cancellationToken);
            foreach (var engine in new CancelsOptions().Engines)
            {
                foreach (var sample in Samples(surroundings.BaseImage))
                {
                    await MeasureAsync(surroundings, engine, sample, Directory.CreateDirectory(Path.Combine(data.FullName, $"{engine}-{sample.Name}")).FullName, cancellationToken);
                }
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static IEnumerable<Sample> Samples(string image)
    {
        yield return new Sample("small", $"FROM {image}\nCOPY . /src\nRUN cat /src/Dockerfile > /one\nRUN dd if=/dev/zero of=/two bs=1M count=8\nENV THREE=3\n", _ => { });
        yield return new Sample(
            "usual",
            $"FROM {image}\nENV ONE=1\nWORKDIR /work\n{string.Concat(Enumerable.Range(1, 8).Select(step => $"RUN dd if=/dev/urandom of=/made{step} bs=1M count=4\n"))}COPY . /src\nRUN cat /src/files/*/1 > /one\nUSER 7\n",
            Fill);
    }

    // As it is fetched from a repository: every time anew, so that only contents say that nothing has changed.
    private static void Fill(string context)
    {
        for (var folder = 0; folder < Folders; folder++)
        {
            var path = Directory.CreateDirectory(Path.Combine(context, "files", $"{folder}")).FullName;
            for (var file = 0; file < FilesInEach; file++)
            {
                File.WriteAllBytes(Path.Combine(path, $"{file}"), [.. Enumerable.Repeat((byte)(folder + file), FileSize)]);
            }
        }
    }

    private static async Task MeasureAsync(Surroundings surroundings, string engine, Sample sample, string folder, CancellationToken cancellationToken)
    {
        var context = Directory.CreateDirectory(Path.Combine(folder, "context")).FullName;
        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), sample.Dockerfile, cancellationToken);
        var hand = Directory.CreateDirectory(Path.Combine(folder, "hand")).FullName;
        File.Copy(surroundings.Registry.AuthFile, Path.Combine(hand, "config.json"));

        // The first of each fills its cache. Then they take turns, so that a change of the machine's mood meets both.
        var (byBob, byHand) = (new List<double>(), new List<double>());
        for (var i = 0; i <= Repetitions; i++)
        {
            var tag = $"{engine}-{sample.Name}{i}";
            var proxy = Directory.CreateDirectory(Path.Combine(folder, $"proxy{i}")).FullName;
            await using var stage = await BuilderStage.StartAsync(surroundings, engine, proxy, Path.Combine(folder, "storage"), cancellationToken, tag);
            await stage.WarmProxyAsync(cancellationToken);
            var attempt = await stage.PrepareAsync(Guid.NewGuid(), sample.Dockerfile, sample.Fill);
            var bob = await MeasureAsync(() => stage.StartAsync(attempt), cancellationToken);
            sample.Fill(context);
            var arguments = EngineByHand.Arguments(engine, hand, context, $"{surroundings.Registry.Host}/by-hand:{tag}");
            var handmade = await MeasureAsync(() => RunningProcess.StartAsync("sh", arguments, Path.Combine(hand, "log")), cancellationToken);
            if (i > 0)
            {
                byBob.Add(bob);
                byHand.Add(handmade);
            }
        }

        var (median, by) = (Times.Median(byBob), Times.Median(byHand));
        Console.WriteLine($"{engine}, {sample.Name} Dockerfile: {Repetitions} builds without a change; median (least to most)");
        Console.WriteLine($"  bob build                       {Times.Text(byBob)}");
        Console.WriteLine($"  build and push by hand          {Times.Text(byHand)}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  bob over that                   {(median - by) * Milliseconds,4:0} ms, {byBob.Sum() / byHand.Sum():0.00} of all ten   goals: at most 150 ms, 1.20"));
    }

    // Both are started in the same way.
    private static async Task<double> MeasureAsync(Func<Task<RunningProcess>> begin, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        await using var process = await begin();
        await process.Exited.WaitAsync(cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return process.ExitCode == 0 ? seconds : throw new InvalidOperationException($"a build ended with {process.ExitCode}:\n{process.LogTail()}");
    }

    private sealed record Sample(string Name, string Dockerfile, Action<string> Fill);
}

using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Sandbox.Cancels;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>
/// Measures <c>bob build</c>, without a service, against the engine by hand: the same Dockerfile, nothing of which has changed since the build before, built and pushed under
/// a new name. bob copies the image to a second repository besides. Its proxy has served a request before, as the one that a service keeps ahead of the next build has.
/// </summary>
internal static class BuilderFiguresRun
{
    private const int Repetitions = 10;
    private const double Milliseconds = 1000;

    // What is put down by hand lies here, a daemon is waited for as bob waits, and it is told where the registry's password is.
    private const string BuildKitByHand = """
        cd "$1"
        buildkitd --root "$1/state" --addr "unix://$1/socket" --oci-worker-net host --containerd-worker false >buildkitd.log 2>&1 &
        until [ -S socket ]; do sleep 0.01; done
        DOCKER_CONFIG=$2 buildctl --addr "unix://$1/socket" build --frontend dockerfile.v0 --local "context=$3" --local "dockerfile=$3" --output "type=image,name=$4,push=true,oci-mediatypes=true"
        built=$?
        kill $!
        wait
        rm socket
        exit $built
        """;

    /// <summary>Measures each engine that is there.</summary>
    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("imagebuilder-figures-");
        try
        {
            await using var surroundings = await Surroundings.StartAsync(data.FullName, cancellationToken: cancellationToken);
            foreach (var engine in new CancelsOptions().Engines)
            {
                await MeasureAsync(surroundings, engine, Directory.CreateDirectory(Path.Combine(data.FullName, engine)).FullName, cancellationToken);
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(Surroundings surroundings, string engine, string folder, CancellationToken cancellationToken)
    {
        var dockerfile = $"FROM {surroundings.BaseImage}\nCOPY . /src\nRUN cat /src/Dockerfile > /one\nRUN dd if=/dev/zero of=/two bs=1M count=8\nENV THREE=3\n";
        var context = Directory.CreateDirectory(Path.Combine(folder, "context")).FullName;
        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), dockerfile, cancellationToken);
        var hand = Directory.CreateDirectory(Path.Combine(folder, "hand")).FullName;
        File.Copy(surroundings.Registry.AuthFile, Path.Combine(hand, "config.json"));

        // The first of each fills its cache. Then they take turns, so that a change of the machine's mood meets both.
        var (byBob, byHand) = (new List<double>(), new List<double>());
        for (var i = 0; i <= Repetitions; i++)
        {
            var proxy = Directory.CreateDirectory(Path.Combine(folder, $"proxy{i}")).FullName;
            await using var stage = await BuilderStage.StartAsync(surroundings, engine, proxy, Path.Combine(folder, "storage"), cancellationToken, $"{engine}{i}");
            await stage.WarmProxyAsync(cancellationToken);
            var bob = await MeasureAsync(async () =>
            {
                await using var build = await stage.BuildAsync(Guid.NewGuid(), dockerfile);
                await build.Exited.WaitAsync(cancellationToken);
                if (build.ExitCode != 0)
                {
                    throw new InvalidOperationException($"bob ended with {build.ExitCode}:\n{build.LogTail()}");
                }
            });
            var image = $"{surroundings.Registry.Host}/by-hand:{engine}{i}";
            var handmade = await MeasureAsync(() => engine == "buildah"
                ? FiguresRun.BuildByHandAsync(surroundings, context, hand, image, cancellationToken)
                : Command.CheckAsync("sh", ["-c", BuildKitByHand, "sh", hand, hand, context, image], cancellationToken: cancellationToken));
            if (i > 0)
            {
                byBob.Add(bob);
                byHand.Add(handmade);
            }
        }

        var (median, by) = (Times.Median(byBob), Times.Median(byHand));
        Console.WriteLine($"{engine}: {Repetitions} builds without a change; median (least to most)");
        Console.WriteLine($"  bob build                       {Times.Text(byBob)}");
        Console.WriteLine($"  build and push by hand          {Times.Text(byHand)}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  bob over that                   {(median - by) * Milliseconds,4:0} ms, {byBob.Sum() / byHand.Sum():0.00} of all ten   goals: at most 150 ms, 1.20"));
    }

    private static async Task<double> MeasureAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>Measures the service against the same work done by hand, in one run on one machine, and prints both beside the goals.</summary>
internal static class FiguresRun
{
    private const int Repetitions = 7;

    /// <summary>Runs all measurements; every build goes to registries and folders of this run alone.</summary>
    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("imagebuilder-figures-");
        try
        {
            await using var surroundings = await Surroundings.StartAsync(data.FullName, cancellationToken: cancellationToken);
            var options = new ServiceOptions
            {
                DataFolder = Path.Combine(data.FullName, "service"),
                RegistryHost = surroundings.Registry.Host,
                AuthFile = surroundings.Registry.AuthFile,
            };
            var startups = new List<TimeSpan>();
            for (var i = 0; i < Repetitions; i++)
            {
                await using var started = await ServiceProcess.StartAsync(options, cancellationToken);
                startups.Add(started.Startup);
            }

            await using var service = await ServiceProcess.StartAsync(options, cancellationToken);
            var idle = await ResidentAsync(service, cancellationToken);
            using var client = new ServiceClient(service.Address);
            var clone = Path.Combine(data.FullName, "clone");
            var hand = Directory.CreateDirectory(Path.Combine(data.FullName, "hand")).FullName;
            File.Copy(surroundings.Registry.AuthFile, Path.Combine(hand, "config.json"));

            // The first build of each fills the layer caches. Then they take turns, so that a change of the machine's mood meets both.
            var byService = new List<TimeSpan>();
            var byHand = new List<TimeSpan>();
            var clones = new List<TimeSpan>();
            for (var i = 0; i <= Repetitions; i++)
            {
                var served = await MeasureAsync(() => BuildByServiceAsync(client, surroundings, $"{i}", cancellationToken));
                var cloned = await MeasureAsync(() => Command.CheckAsync("git", ["clone", "--quiet", "--depth=1", surroundings.SampleUrl, clone + i], cancellationToken: cancellationToken));
                var arguments = EngineByHand.Arguments("buildah", hand, clone + i, $"{surroundings.Registry.Host}/by-hand:{i}");
                var handmade = await MeasureAsync(() => Command.CheckAsync("sh", arguments, cancellationToken: cancellationToken));
                if (i > 0)
                {
                    byService.Add(served);
                    byHand.Add(handmade);
                    clones.Add(cloned);
                }
            }

            Console.WriteLine($"{Repetitions} repetitions; median (least to most)");
            Console.WriteLine($"warm build through the service    {Text(byService)}");
            Console.WriteLine($"warm buildah bud + push by hand   {Text(byHand)}");
            Console.WriteLine($"  the service over that           {Seconds(Median(byService) - Median(byHand))} s                      goal: at most 0.30 s");
            Console.WriteLine($"  git clone by hand               {Text(clones)}   in the service's time, not in the other");
            Console.WriteLine($"start to ready                    {Text(startups)}   goal: at most 2 s");
            Console.WriteLine($"idle memory (RSS), just started   {idle,4} MiB                    goal: at most 150 MiB");
            Console.WriteLine($"idle memory (RSS), after builds   {await ResidentAsync(service, cancellationToken),4} MiB                    goal: at most 150 MiB");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    // Another version of the Dockerfile is another image, of the same layers.
    private static async Task BuildByServiceAsync(ServiceClient client, Surroundings surroundings, string version, CancellationToken cancellationToken)
    {
        var built = (await client.BuildAsync(BuildRequests.FromGit(surroundings.SampleUrl, SampleRepository.Dockerfile, version), Stream.Null, cancellationToken))[^1];
        if (built.Status != BuildStatus.DoneSuccess)
        {
            throw new InvalidOperationException($"the build failed: {built.Message}");
        }
    }

    private static async Task<TimeSpan> MeasureAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start);
    }

    // Idle is what is left when the service has been let alone for a while.
    private static async Task<long> ResidentAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
        var line = (await File.ReadAllLinesAsync($"/proc/{service.Process.Id}/status", cancellationToken)).Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static string Text(List<TimeSpan> times) => $"{Seconds(Median(times))} s ({Seconds(times.Min())} to {Seconds(times.Max())} s)";

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>
/// Measures how logs get from builders to clients: one fast build, one build with many followers of whom some are slow, and a replay. Service,
/// writer and followers are processes of their own; only the builder is scripted.
/// </summary>
internal static class LogFiguresRun
{
    private const long MiB = 1 << 20;
    private const long LogLimit = 512 * MiB;
    private const long MemoryGoal = 64 * MiB;
    private const double ReplayGoal = 100;

    // How long after its writer a follower may have the last byte and still be said to keep its pace.
    private static readonly TimeSpan s_lagGoal = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(150);

    /// <summary>Measures, prints, and gives 1 when a byte was wrong, else 0.</summary>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("imagebuilder-logs-");
        try
        {
            await using var registry = await RegistryServer.StartAsync(Path.Combine(data.FullName, "registry"), cancellationToken: cancellationToken);
            var run = new Run(data.FullName, new ScriptedBuilder(Path.Combine(data.FullName, "builder")), registry);
            var (fastRight, fastLog, options) = await run.MeasureAsync(
                "one build writes 20 MiB/s for 10 s, 4 followers", 200 * MiB, 20 * MiB, [new(4, 0)], options: null, cancellationToken);
            var replayRight = await Run.ReplayAsync(options, fastLog, 200 * MiB, cancellationToken);
            var (manyRight, _, _) = await run.MeasureAsync(
                "one build writes 1 MiB/s for 20 s, 200 followers of whom 20 read 10 KiB/s", 20 * MiB, 1 * MiB, [new(90, 0), new(90, 0), new(20, 10 * 1024)], options, cancellationToken);
            return fastRight && replayRight && manyRight ? 0 : 1;
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static void Judge(bool passed, string goal) => Console.WriteLine($"  {(passed ? "PASS" : "FAIL")}  {goal}");

    private static string Text(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);

    private sealed record FollowerGroup(int Count, long Rate);

    private sealed class Run(string folder, ScriptedBuilder builder, RegistryServer registry)
    {
        private int _groups;

        public async Task<(bool Right, string WorkspaceRef, ServiceOptions Options)> MeasureAsync(
            string title, long length, long rate, FollowerGroup[] groups, ServiceOptions? options, CancellationToken cancellationToken)
        {
            options ??= await builder.InstallAsync(
                new ServiceOptions { DataFolder = Path.Combine(folder, "service"), RegistryHost = registry.Host, AuthFile = registry.AuthFile }, LogLimit);
            await using var service = await ServiceProcess.StartAsync(options, cancellationToken);
            using var client = new ServiceClient(service.Address);
            await WarmUpAsync(service, client, cancellationToken);
            var idle = await ProcessMemory.ResetPeakAsync(service.Process.Id);
            var cpu = await ProcessorTimeAsync(service.Process.Id);

            var order = ScriptedBuilder.Order(length, rate);
            using var build = client.Rpc.Build(order, cancellationToken: cancellationToken);
            await build.ResponseStream.MoveNext(cancellationToken);
            var workspaceRef = build.ResponseStream.Current.Ref;
            var followers = await Task.WhenAll(groups.Select(group => LogFollowers.StartAsync(
                Path.Combine(folder, $"followers-{Interlocked.Increment(ref _groups)}"),
                service.Address,
                workspaceRef,
                group.Count,
                group.Rate,
                // The slow ones are not waited for.
                group.Rate == 0 ? s_patience : TimeSpan.FromSeconds((length / rate) + 15),
                cancellationToken)));
            var connected = await ProcessMemory.ReadPeakAsync(service.Process.Id);
            builder.Go(order);
            var logs = await Task.WhenAll(followers.Select(follower => follower.ReadAsync(cancellationToken)));
            await foreach (var _ in build.ResponseStream.ReadAllAsync(cancellationToken))
            {
            }

            var peak = await ProcessMemory.ReadPeakAsync(service.Process.Id);
            var used = await ProcessorTimeAsync(service.Process.Id) - cpu;
            foreach (var follower in followers)
            {
                await follower.DisposeAsync();
            }

            return (Tell(title, length, builder.Times(order), groups, logs, peak - idle, connected - idle, used), workspaceRef, options);
        }

        public static async Task<bool> ReplayAsync(ServiceOptions options, string workspaceRef, long length, CancellationToken cancellationToken)
        {
            await using var service = await ServiceProcess.StartAsync(options, cancellationToken);
            var expected = LogText.Hash(length);
            Console.WriteLine($"replay of {length / MiB} MiB to one client, by a service that was just started and once more");
            var (right, best) = (true, 0.0);
            for (var i = 0; i < 3; i++)
            {
                using var follower = new LogFollower();
                var start = Stopwatch.GetTimestamp();
                var log = await follower.FollowAsync(service.Address, workspaceRef, rate: 0, cancellationToken);
                var speed = (double)log.Length / MiB / Stopwatch.GetElapsedTime(start).TotalSeconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {speed,6:0} MiB/s in {log.Messages} messages"));
                right &= log.Hash == expected;
                best = Math.Max(best, speed);
            }

            Judge(right, "every byte as it was written");
            Judge(best >= ReplayGoal, "at least 100 MiB/s");
            return right;
        }

        private static bool Tell(
            string title, long length, (DateTimeOffset Began, DateTimeOffset Ended) writer, FollowerGroup[] groups, List<FollowedLog>[] logs, long growth, long connected, TimeSpan used)
        {
            var fast = groups.Zip(logs).Where(pair => pair.First.Rate == 0).SelectMany(pair => pair.Second).ToList();
            var slow = groups.Zip(logs).Where(pair => pair.First.Rate > 0).SelectMany(pair => pair.Second).ToList();
            var took = writer.Ended - writer.Began;
            var expected = LogText.Hash(length);
            var lags = fast.Select(log => log.Last - writer.Ended).Order().ToList();
            var fastRight = fast.All(log => log.Ended && log.Length == length && log.Hash == expected);
            var slowRight = slow.All(log => log.Hash == LogText.Hash(log.Length));
            Console.WriteLine(title);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  the writer took {Text(took)} s: {length / MiB / took.TotalSeconds:0.0} MiB/s"));
            Console.WriteLine($"  {fast.Count} fast followers had the last byte {Text(lags[0])} to {Text(lags[^1])} s after it was written");
            Console.WriteLine($"  the service took {Text(used)} s of processor time, and {growth / MiB} MiB over idle at the most, {connected / MiB} of them before the log went on");
            Judge(fastRight, $"every fast follower got every byte: {length} with the hash {expected[..12]}…");
            Judge(lags[^1] <= s_lagGoal, "at the writer's pace");
            if (slow.Count > 0)
            {
                Console.WriteLine($"  {slow.Count} slow followers read {slow.Min(log => log.Length) / 1024} to {slow.Max(log => log.Length) / 1024} KiB meanwhile");
                Judge(slowRight, "every byte that a slow follower got is right");
            }

            Judge(growth < MemoryGoal, "less than 64 MiB over idle");
            return fastRight && slowRight;
        }

        // What is compiled and allocated once is not the log's.
        private async Task WarmUpAsync(ServiceProcess service, ServiceClient client, CancellationToken cancellationToken)
        {
            var order = ScriptedBuilder.Order(MiB, 100 * MiB);
            builder.Go(order);
            await client.BuildAsync(order, Stream.Null, cancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
            if (service.Process.Exited.IsCompleted)
            {
                throw new InvalidOperationException($"the service ended:\n{service.Process.LogTail()}");
            }
        }

        private static async Task<TimeSpan> ProcessorTimeAsync(int process)
        {
            // proc(5): fields 14 and 15 are user and system time in ticks of 10 ms.
            var stat = await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
        }
    }
}

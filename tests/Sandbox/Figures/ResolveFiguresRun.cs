using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>
/// Measures resolves that the service answers from its cache beside a bare echo on the same gRPC stack, and prints both beside the goals.
/// Service, echo server and the clients of both are three processes on one machine; the two servers take turns.
/// </summary>
public static class ResolveFiguresRun
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(6);

    // The two servers take turns within a round, so that a change of the machine's mood meets both.
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs all measurements.</summary>
    public static async Task RunAsync(ResolveFiguresOptions options, TextWriter output, CancellationToken cancellationToken = default)
    {
        var data = Directory.CreateTempSubdirectory("imagebuilder-resolves-");
        try
        {
            await using var registry = await RegistryServer.StartAsync(Path.Combine(data.FullName, "registry"), cancellationToken: cancellationToken);
            var image = await BaseImage.PushAsync(registry, cancellationToken: cancellationToken);
            var request = new ResolveBaseImageRequest { Ref = image, Auth = BuildRequests.AllCredentials };
            await using var service = await ServiceProcess.StartAsync(
                new ServiceOptions { DataFolder = Path.Combine(data.FullName, "service"), RegistryHost = registry.Host, AuthFile = registry.AuthFile },
                cancellationToken);
            await using var echo = await EchoProcess.StartAsync(Path.Combine(data.FullName, "echo-log"), cancellationToken);
            using var resolves = new CallLoad(service.Address, request, options.Connections);
            using var echoes = new CallLoad(echo.Address, request, options.Connections);

            output.WriteLine(Line($"{options.Rounds} rounds of {options.Round.TotalSeconds} s for each server, in turns of {s_turn.TotalSeconds} s; {options.Connections} connections; {Environment.ProcessorCount} processors for clients and server"));
            var rate = await MeasureThroughputAsync(options, (echoes, echo.Process), (resolves, service.Process), output, cancellationToken);
            await MeasureLatencyAsync(options, rate / 2, echoes, resolves, output, cancellationToken);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task<double> MeasureThroughputAsync(
        ResolveFiguresOptions options,
        (CallLoad Load, RunningProcess Server) echo,
        (CallLoad Load, RunningProcess Server) resolve,
        TextWriter output,
        CancellationToken cancellationToken)
    {
        // The runtime compiles what is called often anew, and takes its time.
        await MeasureAsync(echo, resolve, options.Calls, options.Round < s_warmUp ? options.Round : s_warmUp, cancellationToken);

        output.WriteLine();
        output.WriteLine(Line($"as many as are answered, {options.Calls} calls at a time"));
        output.WriteLine("round   echo/s  resolve/s  ratio   server's CPU in us per call: echo  resolve");
        var rounds = new List<(Tally Echo, Tally Resolve)>();
        for (var i = 1; i <= options.Rounds; i++)
        {
            var (echoes, resolves) = await MeasureAsync(echo, resolve, options.Calls, options.Round, cancellationToken);
            rounds.Add((echoes, resolves));
            output.WriteLine(Line($"{i,5} {echoes.PerSecond,8:0} {resolves.PerSecond,10:0} {resolves.PerSecond / echoes.PerSecond,6:0.00} {echoes.Cost,36:0.0} {resolves.Cost,8:0.0}"));
        }

        var rate = Median(rounds.Select(round => round.Resolve.PerSecond));
        output.WriteLine(Line($"median {Median(rounds.Select(round => round.Echo.PerSecond)),7:0} {rate,10:0} {Median(rounds.Select(round => round.Resolve.PerSecond / round.Echo.PerSecond)),6:0.00} {Median(rounds.Select(round => round.Echo.Cost)),36:0.0} {Median(rounds.Select(round => round.Resolve.Cost)),8:0.0}   goal: a ratio of at least 0.60"));
        return rate;
    }

    private static async Task MeasureLatencyAsync(
        ResolveFiguresOptions options, double perSecond, CallLoad echoes, CallLoad resolves, TextWriter output, CancellationToken cancellationToken)
    {
        output.WriteLine();
        output.WriteLine(Line($"half of that, {perSecond:0} calls each second whether or not those before are answered; ms from when a call was due"));
        output.WriteLine("round   echo p50    p99     max   resolve p50    p99     max");
        var rounds = new List<(double Echo, double Resolve)>();
        for (var i = 1; i <= options.Rounds; i++)
        {
            var echo = await echoes.PaceAsync(perSecond, options.Round, cancellationToken);
            var resolve = await resolves.PaceAsync(perSecond, options.Round, cancellationToken);
            rounds.Add((Percentiles.Of(echo, 0.99), Percentiles.Of(resolve, 0.99)));
            output.WriteLine(Line($"{i,5} {Percentiles.Of(echo, 0.5),10:0.00} {Percentiles.Of(echo, 0.99),6:0.00} {Percentiles.Of(echo, 1),7:0.00} {Percentiles.Of(resolve, 0.5),13:0.00} {Percentiles.Of(resolve, 0.99),6:0.00} {Percentiles.Of(resolve, 1),7:0.00}"));
        }

        output.WriteLine(Line($"median {Median(rounds.Select(round => round.Echo)),16:0.00} {Median(rounds.Select(round => round.Resolve)),28:0.00}           goal: a p99 under 5 ms"));
    }

    private static async Task<(Tally Echo, Tally Resolve)> MeasureAsync(
        (CallLoad Load, RunningProcess Server) echo, (CallLoad Load, RunningProcess Server) resolve, int atOnce, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (echoes, resolves) = (new Tally(), new Tally());
        while (echoes.Elapsed < duration)
        {
            echoes += await TakeTurnAsync(echo, atOnce, cancellationToken);
            resolves += await TakeTurnAsync(resolve, atOnce, cancellationToken);
        }

        return (echoes, resolves);
    }

    private static async Task<Tally> TakeTurnAsync((CallLoad Load, RunningProcess Server) measured, int atOnce, CancellationToken cancellationToken)
    {
        var before = measured.Server.ProcessorTime;
        var start = Stopwatch.GetTimestamp();
        var calls = await measured.Load.SaturateAsync(atOnce, s_turn, cancellationToken);
        return new Tally(calls, Stopwatch.GetElapsedTime(start), measured.Server.ProcessorTime - before);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What came of one load.</summary>
    /// <param name="Calls">How many calls were answered.</param>
    /// <param name="Elapsed">In which time.</param>
    /// <param name="ProcessorTime">What they cost the server.</param>
    private readonly record struct Tally(int Calls, TimeSpan Elapsed, TimeSpan ProcessorTime)
    {
        public double PerSecond => Calls / Elapsed.TotalSeconds;

        /// <summary>Microseconds a call.</summary>
        public double Cost => ProcessorTime.TotalMicroseconds / Calls;

        public static Tally operator +(Tally one, Tally other) =>
            new(one.Calls + other.Calls, one.Elapsed + other.Elapsed, one.ProcessorTime + other.ProcessorTime);
    }
}

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
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(3);

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

            output.WriteLine(Line($"{options.Rounds} rounds of {options.Round.TotalSeconds} s, taking turns; {options.Connections} connections; {Environment.ProcessorCount} processors for clients and server"));
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
        var warmUp = options.Round < s_warmUp ? options.Round : s_warmUp;
        for (var i = 0; i < 2; i++)
        {
            await MeasureAsync(echo, options.Calls, warmUp, cancellationToken);
            await MeasureAsync(resolve, options.Calls, warmUp, cancellationToken);
        }

        output.WriteLine();
        output.WriteLine(Line($"as many as are answered, {options.Calls} calls at a time"));
        output.WriteLine("round   echo/s  resolve/s  ratio   server's CPU in us per call: echo  resolve");
        var rounds = new List<(double Echo, double Resolve, double EchoCost, double ResolveCost)>();
        for (var i = 1; i <= options.Rounds; i++)
        {
            var (echoRate, echoCost) = await MeasureAsync(echo, options.Calls, options.Round, cancellationToken);
            var (resolveRate, resolveCost) = await MeasureAsync(resolve, options.Calls, options.Round, cancellationToken);
            rounds.Add((echoRate, resolveRate, echoCost, resolveCost));
            output.WriteLine(Line($"{i,5} {echoRate,8:0} {resolveRate,10:0} {resolveRate / echoRate,6:0.00} {echoCost,36:0.0} {resolveCost,8:0.0}"));
        }

        var rate = Median(rounds.Select(round => round.Resolve));
        output.WriteLine(Line($"median {Median(rounds.Select(round => round.Echo)),7:0} {rate,10:0} {Median(rounds.Select(round => round.Resolve / round.Echo)),6:0.00} {Median(rounds.Select(round => round.EchoCost)),36:0.0} {Median(rounds.Select(round => round.ResolveCost)),8:0.0}   goal: a ratio of at least 0.60"));
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
            rounds.Add((Percentile(echo, 0.99), Percentile(resolve, 0.99)));
            output.WriteLine(Line($"{i,5} {Percentile(echo, 0.5),10:0.00} {Percentile(echo, 0.99),6:0.00} {Percentile(echo, 1),7:0.00} {Percentile(resolve, 0.5),13:0.00} {Percentile(resolve, 0.99),6:0.00} {Percentile(resolve, 1),7:0.00}"));
        }

        output.WriteLine(Line($"median {Median(rounds.Select(round => round.Echo)),16:0.00} {Median(rounds.Select(round => round.Resolve)),28:0.00}           goal: a p99 under 5 ms"));
    }

    private static async Task<(double PerSecond, double MicrosecondsPerCall)> MeasureAsync(
        (CallLoad Load, RunningProcess Server) measured, int atOnce, TimeSpan duration, CancellationToken cancellationToken)
    {
        var before = measured.Server.ProcessorTime;
        var (calls, perSecond) = await measured.Load.SaturateAsync(atOnce, duration, cancellationToken);
        return (perSecond, (measured.Server.ProcessorTime - before).TotalMicroseconds / calls);
    }

    private static double Percentile(TimeSpan[] sorted, double share) =>
        sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))].TotalMilliseconds;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

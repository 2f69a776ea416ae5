using System.CommandLine;
using System.Runtime.InteropServices;
using ImageBuilder.Sandbox.Cancels;
using ImageBuilder.Sandbox.Cluster;
using ImageBuilder.Sandbox.Copying;
using ImageBuilder.Sandbox.Demo;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Logs;
using ImageBuilder.Sandbox.Proxying;
using ImageBuilder.Sandbox.Tests;
using ImageBuilder.Sandbox.Throughput;

var serve = new Option<bool>("--serve") { Description = "Set up, then serve until SIGINT or SIGTERM." };
var data = new Option<string?>("--data") { Description = "Folder for everything that lasts: state, logs, registry contents. Default: one of this run alone." };
var gitRoot = new Option<string?>("--git-root") { Description = "Folder whose repositories are served beside the sample." };
var grpcPort = Port("--grpc-port");
var metricsPort = Port("--metrics-port");
var healthPort = Port("--health-port");
var registryPort = Port("--registry-port");
var demo = new Command("demo", "Builds the sample with the service, a registry and a git server on this machine.")
{
    serve, data, gitRoot, grpcPort, metricsPort, healthPort, registryPort,
};
demo.SetAction(parsed => DemoAsync(new DemoOptions
{
    Serve = parsed.GetValue(serve),
    DataFolder = parsed.GetValue(data),
    GitRoot = parsed.GetValue(gitRoot),
    GrpcPort = parsed.GetValue(grpcPort),
    MetricsPort = parsed.GetValue(metricsPort),
    HealthPort = parsed.GetValue(healthPort),
    RegistryPort = parsed.GetValue(registryPort),
}));

var results = new Argument<string>("folder") { Description = "Folder of the result files (TRX)." };
var report = new Command("report-tests", "Sums up the results of test runs.") { results };
report.SetAction(parsed => TestReport.Write(parsed.GetValue(results)!, Console.Out));

var figures = new Command("figures", "Measures the service against the same work done by hand.");
var bobAlone = new Option<bool>("--bob") { Description = "Measure bob build alone, without a service, against each engine by hand." };
figures.Add(bobAlone);
figures.SetAction((parsed, cancellationToken) => parsed.GetValue(bobAlone) ? BuilderFiguresRun.RunAsync(cancellationToken) : FiguresRun.RunAsync(cancellationToken));

var defaults = new ResolveFiguresOptions();
var rounds = Count("--rounds", "How often each figure is taken.", defaults.Rounds);
var seconds = Count("--seconds", "How long each takes.", (int)defaults.Round.TotalSeconds);
var connections = Count("--connections", "Connections to each server.", defaults.Connections);
var calls = Count("--calls", "Calls under way at a time.", defaults.Calls);
var resolveFigures = new Command("resolve-figures", "Measures resolves from the service's cache against a bare echo on the same gRPC stack.")
{
    rounds, seconds, connections, calls,
};
resolveFigures.SetAction((parsed, cancellationToken) => ResolveFiguresRun.RunAsync(
    new ResolveFiguresOptions
    {
        Rounds = parsed.GetValue(rounds),
        Round = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
        Connections = parsed.GetValue(connections),
        Calls = parsed.GetValue(calls),
    },
    Console.Out,
    cancellationToken));

var echoPort = Port("--port");
var serveEcho = new Command("serve-echo", "Serves the echo of resolve-figures.") { echoPort };
serveEcho.Hidden = true;
serveEcho.SetAction((parsed, cancellationToken) => EchoProcess.ServeAsync(parsed.GetValue(echoPort), cancellationToken));

var size = new Option<int>("--size") { Description = "The size of the image in MiB; default 1024.", DefaultValueFactory = _ => 1024 };
var repetitions = new Option<int>("--repetitions") { Description = "How often each is measured; default 5.", DefaultValueFactory = _ => 5 };
var copyFigures = new Command("copy-figures", "Measures copying an image against skopeo.") { size, repetitions };
copyFigures.SetAction((parsed, cancellationToken) =>
    CopyFigures.RunAsync(new CopyFiguresOptions { Size = (long)parsed.GetValue(size) << 20, Repetitions = parsed.GetValue(repetitions) }, Console.Out, cancellationToken));

var proxyFigures = new Command("proxy-figures", "Measures pushing an image through bob proxy against pushing it directly.") { size, repetitions };
proxyFigures.SetAction((parsed, cancellationToken) =>
    ProxyFigures.RunAsync(new ProxyFiguresOptions { Size = (long)parsed.GetValue(size) << 20, Repetitions = parsed.GetValue(repetitions) }, Console.Out, cancellationToken));

var from = new Argument<string>("from") { Description = "An image of an open registry on loopback." };
var to = new Argument<string>("to") { Description = "Where to." };
var copy = new Command("copy", "Copies an image and says what it took; copy-figures runs this.") { from, to };
copy.SetAction((parsed, cancellationToken) => CopyProcess.RunAsync(parsed.GetValue(from)!, parsed.GetValue(to)!, cancellationToken));

// Signals are DemoAsync's own business: stopping all it started may take longer than the two seconds that the parser allows.
var parsed = new RootCommand("Local surroundings of the image-build service, for the demo and the tests.") { demo, report, figures, copyFigures, copy, proxyFigures, resolveFigures, serveEcho, LogCommands.Figures(), LogCommands.Write(), LogCommands.Follow(), KillCommands.Kills(), CancelCommands.Cancels(), ClusterCommands.Cluster(), ThroughputCommands.Throughput(), Relay.Create() }.Parse(args);
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return parsed.Errors.Count > 0 ? 2 : code;

static Option<int> Port(string name)
{
    var option = new Option<int>(name) { Description = "0 or absent: chosen." };
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is < 0 or > 65535)
        {
            result.AddError($"{name} is a port: 0 to 65535.");
        }
    });
    return option;
}

static Option<int> Count(string name, string description, int usual)
{
    var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is < 1 or > 10_000)
        {
            result.AddError($"{name} is 1 to 10000.");
        }
    });
    return option;
}

static async Task<int> DemoAsync(DemoOptions options)
{
    using var ended = new CancellationTokenSource();
    void End(PosixSignalContext context)
    {
        context.Cancel = true;
        ended.Cancel();
    }

    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    try
    {
        await DemoRun.RunAsync(options, ended.Token);
        return 0;
    }
    catch (Exception) when (ended.IsCancellationRequested)
    {
        return 130;
    }
    catch (Exception exception)
    {
        Console.Error.WriteLine(exception is InvalidOperationException ? exception.Message : exception.ToString());
        return 1;
    }
}

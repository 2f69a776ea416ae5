using System.Diagnostics;
using System.Text;
using ImageBuilder.Grpc.Tests.Hosting;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace ImageBuilder.Grpc.Tests.Metrics;

public sealed class MetricsTests
{
    private readonly CollectorRegistry _registry = global::Prometheus.Metrics.NewCustomRegistry();

    private MetricFactory Factory => global::Prometheus.Metrics.WithCustomRegistry(_registry);

    [Fact]
    public async Task Counter_WithLabels_IsToldPerSeries()
    {
        var counter = Factory.CreateCounter("builds_total", "Builds.", "success");
        counter.WithLabels("true").Inc();
        counter.WithLabels("true").Inc(2);
        counter.WithLabels("false").IncTo(5);
        counter.WithLabels("false").IncTo(3);

        (await TextAsync()).ShouldBe(["# HELP builds_total Builds.", "# TYPE builds_total counter", "builds_total{success=\"true\"} 3", "builds_total{success=\"false\"} 5"], ignoreOrder: true);
        Should.Throw<ArgumentException>(() => counter.WithLabels("one", "two"));
        Should.Throw<ArgumentOutOfRangeException>(() => counter.WithLabels("true").Inc(-1));
    }

    [Fact]
    public async Task Metrics_WithoutLabels_AreToldFromTheStart()
    {
        Factory.CreateCounter("started_total", "Started.");
        Factory.CreateGauge("running", "Running.", new GaugeConfiguration { SuppressInitialValue = true });

        var text = await TextAsync();

        text.ShouldContain("started_total 0");
        text.ShouldNotContain(line => line.StartsWith("running", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gauge_UpAndDown_IsTold()
    {
        var gauge = Factory.CreateGauge("running", "Running.");
        gauge.Set(10);
        gauge.Inc(2.5);
        gauge.Dec();

        gauge.Value.ShouldBe(11.5);
        (await TextAsync()).ShouldContain("running 11.5");
    }

    [Fact]
    public async Task Histogram_Samples_AreCumulative()
    {
        var histogram = Factory.CreateHistogram(
            "seconds", "Seconds.", new HistogramConfiguration { LabelNames = ["method"], Buckets = [.005, 1, 600] });
        foreach (var sample in new[] { .005, .5, 1, 30, 1000 })
        {
            histogram.WithLabels("Build").Observe(sample);
        }

        histogram.WithLabels("Build").Count.ShouldBe(5);
        histogram.WithLabels("Build").Sum.ShouldBe(1031.505);
        var text = await TextAsync();
        text.ShouldContain("seconds_bucket{method=\"Build\",le=\"0.005\"} 1");
        text.ShouldContain("seconds_bucket{method=\"Build\",le=\"1\"} 3");
        text.ShouldContain("seconds_bucket{method=\"Build\",le=\"600\"} 4");
        text.ShouldContain("seconds_bucket{method=\"Build\",le=\"+Inf\"} 5");
        text.ShouldContain("seconds_count{method=\"Build\"} 5");
        text.ShouldContain("seconds_sum{method=\"Build\"} 1031.505");
    }

    [Fact]
    public async Task Text_SpecialCharactersInLabels_AreEscaped()
    {
        Factory.CreateGauge("odd", "Odd.", "label").WithLabels("quote\" back\\slash\nnewline").Set(1);

        var text = await TextAsync();

        text.ShouldContain("odd{label=\"quote\\\" back\\\\slash\\nnewline\"} 1");
    }

    [StandInFact(typeof(Counter), "the official package writes help texts as they are")]
    public async Task Text_SpecialCharactersInHelp_AreEscaped()
    {
        Factory.CreateGauge("helped", "Back\\slash and\nnewline.").Set(1);

        (await TextAsync()).ShouldContain("# HELP helped Back\\\\slash and\\nnewline.");
    }

    [Fact]
    public void Create_SameNameAgain_IsTheSameMetric()
    {
        Factory.CreateCounter("same_total", "Same.").Inc();
        Factory.CreateCounter("same_total", "Same.").Inc();

        Factory.CreateCounter("same_total", "Same.").Value.ShouldBe(2);
        Should.Throw<InvalidOperationException>(() => Factory.CreateGauge("same_total", "Same."));
    }

    [Fact]
    public void Create_BadName_Throws()
    {
        Should.Throw<ArgumentException>(() => Factory.CreateCounter("with-dash", "Bad."));
        Should.Throw<ArgumentException>(() => Factory.CreateCounter("fine", "Bad.", "label-with-dash"));
    }

    [Fact]
    public async Task BeforeCollect_Callbacks_RunBeforeEachCollectionAndMayFail()
    {
        var gauge = Factory.CreateGauge("asked", "Asked.");
        _registry.AddBeforeCollectCallback(() => gauge.Inc());
        _registry.AddBeforeCollectCallback(() => throw new InvalidOperationException("not now"));
        _registry.AddBeforeCollectCallback(_ =>
        {
            gauge.Inc(10);
            return Task.CompletedTask;
        });

        await TextAsync();

        (await TextAsync()).ShouldContain("asked 22");
    }

    [Fact]
    public async Task Counter_ManyThreads_LosesNothing()
    {
        var counter = Factory.CreateCounter("many_total", "Many.", "thread");
        var histogram = Factory.CreateHistogram("many_seconds", "Many.");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                counter.WithLabels("all").Inc();
                histogram.Observe(.01);
            }
        })));

        counter.WithLabels("all").Value.ShouldBe(80_000);
        histogram.Count.ShouldBe(80_000);
    }

    [Fact]
    public async Task MapMetrics_DefaultRegistry_TellsTheProcess()
    {
        await using var application = await StartAsync();
        using var client = new HttpClient();

        using var response = await client.GetAsync(AddressOf(application));
        var text = await response.Content.ReadAsStringAsync();

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        foreach (var name in new[]
        {
            "process_cpu_seconds_total", "process_working_set_bytes", "process_private_memory_bytes", "process_virtual_memory_bytes",
            "process_start_time_seconds", "process_num_threads", "process_open_handles", "dotnet_total_memory_bytes",
        })
        {
            text.ShouldContain($"\n{name} ");
        }

        text.ShouldContain("dotnet_collection_count_total{generation=\"0\"} ");
    }

    [NeedsProgramsFact("promtool")]
    public async Task Text_Promtool_FindsNothingWrong()
    {
        Factory.CreateCounter("builds_total", "Builds.", "success").WithLabels("quote\" back\\slash\nnewline").Inc();
        Factory.CreateHistogram("build_seconds", "Seconds.").Observe(3);
        using var process = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(string.Join('\n', await TextAsync()) + "\n");
        process.StandardInput.Close();
        var complaints = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        complaints.ShouldBeEmpty();
        process.ExitCode.ShouldBe(0);
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.MapMetrics();
        await application.StartAsync();
        return application;
    }

    private static Uri AddressOf(WebApplication application) =>
        new(new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), "/metrics");

    private async Task<string[]> TextAsync()
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

using System.Text;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Silo.Metrics;
using Prometheus;

namespace ImageBuilder.Silo.Tests.Metrics;

public sealed class RegistryMetricsTests
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly RegistryMetrics _metrics;

    public RegistryMetricsTests() => _metrics = new RegistryMetrics(Prometheus.Metrics.WithCustomRegistry(_registry), new HostClasses(["registry.test"], []));

    [Fact]
    public async Task Constructor_BeforeAnyRequest_SeriesAreThere()
    {
        var lines = await ScrapeAsync();

        lines.ShouldContain("""imagebuilder_registry_requests_total{host_class="docker.io",kind="registry",method="HEAD",code="429"} 0""");
        lines.ShouldContain("""imagebuilder_registry_request_seconds_count{host_class="other",kind="registry",method="GET"} 0""");
        lines.ShouldContain("""imagebuilder_registry_blocked_seconds_total{host_class="repositories"} 0""");
    }

    [Fact]
    public async Task Requested_AnswerOrNone_IsCountedByClassAndCode()
    {
        _metrics.Requested("registry.test", RegistryRequestKind.Registry, "HEAD", 200, TimeSpan.FromSeconds(0.02));
        _metrics.Requested("registry.test", RegistryRequestKind.TokenEndpoint, "POST", null, TimeSpan.FromSeconds(3));

        var lines = await ScrapeAsync();
        lines.ShouldContain("""imagebuilder_registry_requests_total{host_class="repositories",kind="registry",method="HEAD",code="200"} 1""");
        lines.ShouldContain("""imagebuilder_registry_requests_total{host_class="repositories",kind="token",method="POST",code="none"} 1""");
        lines.ShouldContain("""imagebuilder_registry_request_seconds_bucket{host_class="repositories",kind="registry",method="HEAD",le="0.025"} 1""");
    }

    [Fact]
    public async Task Requested_AnyHostMethodAndCode_SeriesStayFew()
    {
        var before = (await ScrapeAsync()).Length;
        for (var code = 0; code < 1_000; code++)
        {
            _metrics.Requested($"host-{code}.test", RegistryRequestKind.Registry, "GET", code, TimeSpan.Zero);
            _metrics.Requested("host.test", RegistryRequestKind.Registry, $"M{code}", 200, TimeSpan.Zero);
            _metrics.BudgetSeen($"host-{code}.test", new RegistryBudget(100, 7, null));
        }

        ((await ScrapeAsync()).Length - before).ShouldBeLessThan(60);
    }

    [Fact]
    public async Task Budget_SeenAndBlocked_IsToldByClass()
    {
        _metrics.BudgetSeen("docker.io", new RegistryBudget(100, 42, TimeSpan.FromHours(6)));
        _metrics.BudgetBlocked("docker.io", TimeSpan.FromSeconds(30));

        var lines = await ScrapeAsync();
        lines.ShouldContain("""imagebuilder_registry_rate_limit_remaining{host_class="docker.io"} 42""");
        lines.ShouldContain("""imagebuilder_registry_blocked_seconds_total{host_class="docker.io"} 30""");
    }

    private async Task<string[]> ScrapeAsync()
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }
}

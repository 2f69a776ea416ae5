using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ImageBuilder.Deploy.Tests.Manifests;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;
using Orleans;

namespace ImageBuilder.Deploy.Tests.Monitoring;

/// <summary>The alerts and the dashboard, held against promtool and against the metrics of a running service.</summary>
public sealed partial class MonitoringTests(ServiceMetrics service) : IClassFixture<ServiceMetrics>
{
    // What Prometheus itself adds: the series of the target, and the labels of prometheus.yaml.
    private const string Target = "up";

    private static readonly string[] TargetLabels = ["job", "namespace", "component", "pod", "instance"];

    private static string Rules => File.ReadAllText(DeployFolder.PathOf("prometheus/rules.yaml"));

    private static JsonNode Dashboard => JsonNode.Parse(File.ReadAllText(DeployFolder.PathOf("grafana/imagebuilder.json")))!;

    private static IReadOnlyList<string> AlertExpressions => [.. Expression().Matches(Rules).Select(match => match.Groups[1].Value)];

    private static IReadOnlyList<string> DashboardExpressions =>
        [.. Manifest.Objects(Dashboard["panels"]).SelectMany(panel => Manifest.Objects(panel["targets"])).Select(target => (string)target["expr"]!)];

    private static IEnumerable<string> Asked => AlertExpressions.Concat(DashboardExpressions).SelectMany(PromQuery.MetricsOf).Distinct();

    [NeedsProgramsFact("promtool")]
    public async Task Rules_Promtool_AcceptsThemAndTheirCases()
    {
        await Command.CheckAsync("promtool", ["check", "rules", DeployFolder.PathOf("prometheus/rules.yaml")]);
        await Command.CheckAsync("promtool", ["test", "rules", DeployFolder.PathOf("prometheus/rules.test.yaml")]);
    }

    [NeedsProgramsFact("promtool")]
    public async Task Scraping_Promtool_AcceptsIt()
    {
        // Debian's is built without Kubernetes.
        var text = await File.ReadAllTextAsync(DeployFolder.PathOf("prometheus/prometheus.yaml"));
        var file = DeployFolder.PathOf($"prometheus/{Guid.NewGuid():N}.yaml");
        const string discovery = "    kubernetes_sd_configs:\n      - role: pod\n";
        text.ShouldContain(discovery);
        await File.WriteAllTextAsync(file, text.Replace(discovery, "    static_configs:\n      - targets: ['127.0.0.1:9500']\n", StringComparison.Ordinal));
        try
        {
            await Command.CheckAsync("promtool", ["check", "config", file]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [NeedsProgramsFact("promtool")]
    public async Task Dashboard_ItsExpressions_AreAcceptedByPromtool()
    {
        var file = Path.GetTempFileName();
        try
        {
            var rules = DashboardExpressions.Select((expression, index) =>
                $"  - record: query_{index}\n    expr: {JsonValue.Create(expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal)).ToJsonString()}\n");
            await File.WriteAllTextAsync(file, $"groups:\n- name: dashboard\n  rules:\n{string.Concat(rules)}");
            await Command.CheckAsync("promtool", ["check", "rules", file]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Alerts_EachOfThem_HasCasesAndSaysWhatToDo()
    {
        var cases = File.ReadAllText(DeployFolder.PathOf("prometheus/rules.test.yaml"));
        var alerts = Alert().Matches(Rules).Select(match => match.Groups[1].Value).ToList();

        alerts.Count.ShouldBeGreaterThan(10);
        AlertExpressions.Count.ShouldBe(alerts.Count);
        foreach (var alert in alerts)
        {
            // When all is well, and when it is not.
            cases.Split(alert).Length.ShouldBeGreaterThan(2, alert);
        }

        Rules.Split("description: ").Length.ShouldBe(alerts.Count + 1);
    }

    [Fact]
    public void Dashboard_EveryPanel_SaysWhatItShowsAndAsksForIt()
    {
        var panels = Manifest.Objects(Dashboard["panels"]).Where(panel => (string)panel["type"]! != "row").ToList();

        panels.Count.ShouldBeGreaterThan(10);
        panels.ShouldAllBe(panel => panel["description"] != null && panel["targets"]!.AsArray().Count > 0);
        panels.Select(panel => (int)panel["id"]!).ShouldBeUnique();
    }

    [Fact]
    public void Queries_TheirMetrics_AreThoseOfTheRunningService()
    {
        var known = service.Series.Select(series => series.Metric).ToHashSet();
        var asked = Asked.Where(metric => metric != Target && !IsOfOrleans(metric)).ToList();

        asked.Count.ShouldBeGreaterThan(20);
        asked.ShouldBeSubsetOf(known);
    }

    [PackageFact(typeof(IGrainFactory))]
    public void Queries_TheirMetricsOfOrleans_AreThoseOfTheRunningService()
    {
        Asked.Where(IsOfOrleans).ShouldBeSubsetOf(service.Series.Select(series => series.Metric));
    }

    [Fact]
    public void Queries_TheirLabels_AreThoseOfTheRunningService()
    {
        foreach (var expression in AlertExpressions.Concat(DashboardExpressions))
        {
            foreach (var (metric, label, value) in PromQuery.LabelsOf(expression).Where(label => !TargetLabels.Contains(label.Label)))
            {
                var values = service.Series.Where(series => series.Metric == metric).Select(series => series.Labels.GetValueOrDefault(label)).ToHashSet();
                values.ShouldNotContain((string?)null, $"{metric} has no label {label}");
                if (value is not null)
                {
                    values.ShouldContain(value, $"{metric} by {label}");
                }
            }

            var labels = service.Series.Where(series => PromQuery.MetricsOf(expression).Contains(series.Metric)).SelectMany(series => series.Labels.Keys);
            PromQuery.GroupsOf(expression).ShouldBeSubsetOf(labels.Concat(TargetLabels), expression);
        }
    }

    [OverlayFact]
    public async Task Autoscalers_TheirMetrics_AreThoseOfTheRunningService()
    {
        var overlay = await Overlay.ReadAsync("production");
        var asked = overlay.OfKind("HorizontalPodAutoscaler")
            .SelectMany(scaler => Manifest.Objects(scaler.Content["spec"]!["metrics"]))
            .Select(metric => (string?)metric["pods"]?["metric"]?["name"])
            .OfType<string>()
            .ToList();

        asked.Count.ShouldBe(2);
        asked.ShouldBeSubsetOf(service.Series.Select(series => series.Metric));
    }

    [Fact]
    public void Documentation_ItsMetrics_AreThoseOfTheRunningService()
    {
        var documented = Documented().Matches(File.ReadAllText(DeployFolder.PathOf("../docs/metrics.md"))).Select(match => match.Groups[1].Value);

        documented.ShouldBe(service.Families.Where(family => family.StartsWith("imagebuilder_", StringComparison.Ordinal)), ignoreOrder: true);
    }

    private static bool IsOfOrleans(string metric) => metric.StartsWith("microsoft_orleans_", StringComparison.Ordinal);

    [GeneratedRegex(@"^ +expr: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Expression();

    [GeneratedRegex(@"^ +- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^\| `(imagebuilder_\w+)`", RegexOptions.Multiline)]
    private static partial Regex Documented();
}

using System.Globalization;
using ImageBuilder.Registry.Transport;
using Prometheus;

namespace ImageBuilder.Silo.Metrics;

/// <summary>What goes to registries, as metrics. Every label has few values, whatever users ask for and registries answer.</summary>
internal sealed class RegistryMetrics : IRegistryObserver
{
    private const string NoAnswer = "none";

    private static readonly HashSet<string> Methods = ["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"];

    private static readonly HashSet<int> Codes =
        [200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 416, 429, 500, 501, 502, 503, 504];

    private readonly HostClasses _classes;
    private readonly Counter _requests;
    private readonly Histogram _seconds;
    private readonly Gauge _remaining;
    private readonly Counter _blocked;

    public RegistryMetrics(IMetricFactory metrics, HostClasses classes)
    {
        _classes = classes;
        _requests = metrics.CreateCounter(
            "imagebuilder_registry_requests_total",
            "HTTP requests sent to registries, by the class of the host, what of it was asked, method and status.",
            new CounterConfiguration { LabelNames = ["host_class", "kind", "method", "code"] });
        _seconds = metrics.CreateHistogram(
            "imagebuilder_registry_request_seconds",
            "Time from sending an HTTP request to a registry to the end of the answer's headers.",
            new HistogramConfiguration { LabelNames = ["host_class", "kind", "method"], Buckets = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30] });
        _remaining = metrics.CreateGauge(
            "imagebuilder_registry_rate_limit_remaining",
            "Requests that the registry last said are left of its rate limit.",
            new GaugeConfiguration { LabelNames = ["host_class"], SuppressInitialValue = true });
        _blocked = metrics.CreateCounter(
            "imagebuilder_registry_blocked_seconds_total",
            "Time for which registries asked not to be asked, by \"too many requests\".",
            new CounterConfiguration { LabelNames = ["host_class"] });
        Publish();
    }

    /// <inheritdoc />
    public void Requested(string host, RegistryRequestKind kind, string method, int? statusCode, TimeSpan elapsed)
    {
        var (hostClass, kindName, known) = (_classes.Of(host), NameOf(kind), Methods.Contains(method) ? method : "other");
        _requests.WithLabels(hostClass, kindName, known, CodeOf(statusCode)).Inc();
        _seconds.WithLabels(hostClass, kindName, known).Observe(elapsed.TotalSeconds);
    }

    /// <inheritdoc />
    public void BudgetSeen(string host, RegistryBudget budget) => _remaining.WithLabels(_classes.Of(host)).Set(budget.Remaining);

    /// <inheritdoc />
    public void BudgetBlocked(string host, TimeSpan duration) => _blocked.WithLabels(_classes.Of(host)).Inc(duration.TotalSeconds);

    private static string NameOf(RegistryRequestKind kind) => kind switch
    {
        RegistryRequestKind.TokenEndpoint => "token",
        RegistryRequestKind.BlobStore => "blob_store",
        _ => "registry",
    };

    // A registry may answer with any number; those that mean nothing to us share a label.
    private static string CodeOf(int? statusCode) =>
        statusCode is not { } code ? NoAnswer
        : Codes.Contains(code) ? code.ToString(CultureInfo.InvariantCulture)
        : code is >= 200 and < 600 ? string.Create(CultureInfo.InvariantCulture, $"{code / 100}xx")
        : "other";

    /// <summary>The series that rates and alerts are made of are there from the first scrape.</summary>
    private void Publish()
    {
        var registry = NameOf(RegistryRequestKind.Registry);
        foreach (var hostClass in HostClasses.All)
        {
            _blocked.WithLabels(hostClass).Inc(0);
            foreach (var method in (string[])["HEAD", "GET"])
            {
                _ = _seconds.WithLabels(hostClass, registry, method);
                foreach (var code in (string[])["200", "404", "429", NoAnswer])
                {
                    _requests.WithLabels(hostClass, registry, method, code).Inc(0);
                }
            }
        }
    }
}

using System.Net;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Silo.Metrics;

/// <summary>
/// The kinds of registries that metrics tell apart. Users choose the hosts, so hosts themselves are no labels: any number of them, and names of other people's
/// machines, would end up in the metrics.
/// </summary>
/// <param name="repositories">The registries that our own images are in.</param>
/// <param name="mirrors">The mirrors that are asked before other registries.</param>
internal sealed class HostClasses(IEnumerable<string> repositories, IEnumerable<string> mirrors)
{
    private const string Repositories = "repositories";
    private const string Mirror = "mirror";
    private const string Loopback = "loopback";
    private const string Ecr = "ecr";
    private const string Google = "google";
    private const string Azure = "azure";
    private const string Gitlab = "gitlab";
    private const string Other = "other";

    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        [RegistryHost.DockerHub] = RegistryHost.DockerHub,
        ["ghcr.io"] = "ghcr.io",
        ["quay.io"] = "quay.io",
        ["mcr.microsoft.com"] = "mcr.microsoft.com",
        ["registry.k8s.io"] = "registry.k8s.io",
        ["public.ecr.aws"] = Ecr,
        ["gcr.io"] = Google,
        ["registry.gitlab.com"] = Gitlab,
    };

    private readonly HashSet<string> _repositories = [.. repositories.Select(RegistryHost.Normalise)];
    private readonly HashSet<string> _mirrors = [.. mirrors.Select(RegistryHost.Normalise)];

    /// <summary>Every class.</summary>
    public static IReadOnlyCollection<string> All { get; } = [Repositories, Mirror, Loopback, .. Known.Values.Distinct(), Azure, Other];

    /// <summary>The class of <paramref name="host"/>, with its port if it has one: ours first, then the public ones.</summary>
    public string Of(string host)
    {
        var normalised = RegistryHost.Normalise(host);
        return _repositories.Contains(normalised) ? Repositories
            : _mirrors.Contains(normalised) ? Mirror
            : Known.TryGetValue(normalised, out var known) ? known
            : RegistryAccess.IsEcr(normalised) ? Ecr
            : normalised.EndsWith(".gcr.io", StringComparison.Ordinal) || normalised.EndsWith(".pkg.dev", StringComparison.Ordinal) ? Google
            : normalised.EndsWith(".azurecr.io", StringComparison.Ordinal) ? Azure
            : IsLoopback(normalised) ? Loopback
            : Other;
    }

    private static bool IsLoopback(string host) =>
        Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var address)
        && (address.Host == "localhost" || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip)));
}

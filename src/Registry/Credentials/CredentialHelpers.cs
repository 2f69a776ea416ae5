using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// Asks docker credential helpers by their protocol (verbs <c>get</c> and <c>list</c>) and keeps their answers for a short while, so that however
/// many ask for one registry, one process runs.
/// </summary>
internal sealed partial class CredentialHelpers(CredentialHelperProcess process, CredentialHelperOptions options, TimeProvider time)
{
    /// <summary>What docker calls Docker Hub towards its helpers.</summary>
    private const string DockerHubAddress = "https://index.docker.io/v1/";

    private const string NotFound = "credentials not found in native keychain";
    private const string IdentityTokenUser = "<token>";
    private const int MaximumHosts = 1000;

    private readonly SingleFlightCache<CredentialAnswer<RegistryCredential>> _credentials = new(time, capacity: 10_000);
    private readonly SingleFlightCache<CredentialAnswer<IReadOnlyCollection<string>>> _hosts = new(time, capacity: 100);

    /// <summary>The credential that <paramref name="helper"/> has for <paramref name="host"/>, or null when it has none.</summary>
    /// <exception cref="CredentialsException">It failed; the message names the helper and the host.</exception>
    public async Task<RegistryCredential?> FindAsync(CredentialHelperName helper, string host, CancellationToken cancellationToken)
    {
        var registry = RegistryHost.Normalise(host);
        if (!HostPattern().IsMatch(registry))
        {
            return null;
        }

        var address = registry == RegistryHost.DockerHub ? DockerHubAddress : registry;
        var answer = await _credentials.GetAsync(
            $"{helper.Program}\n{address}",
            null,
            () => AskAsync(helper, "get", address, $"get the credential for registry {registry} from {helper.Program}", ReadCredential),
            cancellationToken);
        return answer.GetValue();
    }

    /// <summary>The registries that <paramref name="helper"/> has credentials for, each once, normalised.</summary>
    /// <exception cref="CredentialsException">It failed; the message names the helper.</exception>
    public async Task<IReadOnlyCollection<string>> ListHostsAsync(CredentialHelperName helper, CancellationToken cancellationToken)
    {
        var answer = await _hosts.GetAsync(
            helper.Program,
            null,
            () => AskAsync(helper, "list", "unused", $"list the registries of {helper.Program}", ReadHosts),
            cancellationToken);
        return answer.GetValue() ?? [];
    }

    private async Task<Fetched<CredentialAnswer<T>>> AskAsync<T>(CredentialHelperName helper, string verb, string input, string what, Func<JsonElement, T?> read) where T : class
    {
        try
        {
            var (exitCode, output) = await process.RunAsync(helper, verb, input, what);
            var value = exitCode == 0 ? Read(output, what, read)
                : Encoding.UTF8.GetString(output).Trim() == NotFound ? null
                : throw new CredentialsException($"cannot {what}: it ended with exit code {exitCode}; its output is not shown, since it may hold a secret; run it by hand to see why");
            return new(new(value), value is null ? options.NegativeFreshness : options.Freshness);
        }
        catch (CredentialsException e)
        {
            return new(new(null, e), options.NegativeFreshness);
        }
    }

    private static T? Read<T>(byte[] output, string what, Func<JsonElement, T?> read) where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The parser's own text may quote the answer.
            throw new CredentialsException($"cannot {what}: its answer is not JSON as docker-credential helpers write it");
        }
    }

    private static RegistryCredential? ReadCredential(JsonElement answer) => (Text(answer, "Username"), Text(answer, "Secret")) switch
    {
        (_, null) => null,
        (IdentityTokenUser, var token) => new RegistryCredential { IdentityToken = token },
        (var user, var password) => RegistryCredential.Basic(user ?? string.Empty, password),
    };

    private static IReadOnlyCollection<string> ReadHosts(JsonElement answer)
    {
        var hosts = answer.EnumerateObject().Select(entry => RegistryHost.Normalise(entry.Name)).Where(host => HostPattern().IsMatch(host)).ToHashSet(StringComparer.Ordinal);
        return hosts.Count <= MaximumHosts ? hosts : throw new FormatException($"more than {MaximumHosts} registries");
    }

    private static string? Text(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;

    [GeneratedRegex(@"\A[a-z0-9._-]{1,253}(:[0-9]{1,5})?\z|\A\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?\z")]
    private static partial Regex HostPattern();
}

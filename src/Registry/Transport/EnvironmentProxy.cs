using System.Net;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// The proxies that the environment names, by the rules of curl and Go, which registries' other clients keep to: <c>https_proxy</c> for https addresses,
/// <c>http_proxy</c> for http ones, <c>all_proxy</c> for what has none; lower case before upper case. <c>no_proxy</c> lists, by commas, what is reached directly: a
/// host with all below it, <c>.domain</c> for what is below it alone, an address, a network (<c>10.0.0.0/8</c>), each with a port if meant for that alone, or
/// <c>*</c>. Loopback is always reached directly.
/// </summary>
internal sealed class EnvironmentProxy : IWebProxy
{
    private readonly Uri? _http;
    private readonly Uri? _https;
    private readonly string[] _direct;

    private EnvironmentProxy(Uri? http, Uri? https, CredentialCache credentials, string[] direct)
    {
        _http = http;
        _https = https;
        Credentials = credentials;
        _direct = direct;
    }

    /// <summary>What a proxy asks of us; part of its address in the environment.</summary>
    public ICredentials? Credentials { get; set; }

    /// <summary>The proxies that <paramref name="variable"/> tells; null when there are none.</summary>
    /// <exception cref="TransportSettingsException">One is no address of a proxy.</exception>
    public static EnvironmentProxy? Read(Func<string, string?> variable)
    {
        var credentials = new CredentialCache();
        var all = ReadAddress(variable, "all_proxy", credentials);
        var http = ReadAddress(variable, "http_proxy", credentials) ?? all;
        var https = ReadAddress(variable, "https_proxy", credentials) ?? all;
        return http is null && https is null
            ? null
            : new EnvironmentProxy(http, https, credentials, (Value(variable, "no_proxy") ?? string.Empty).Split([',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    /// <inheritdoc />
    public Uri? GetProxy(Uri destination) =>
        destination.IsLoopback || _direct.Any(rule => Matches(rule, destination)) ? null
        : destination.Scheme == Uri.UriSchemeHttps ? _https
        : _http;

    /// <inheritdoc />
    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    private static string? Value(Func<string, string?> variable, string name) =>
        variable(name) is { Length: > 0 } lower ? lower
        : variable(name.ToUpperInvariant()) is { Length: > 0 } upper ? upper
        : null;

    private static Uri? ReadAddress(Func<string, string?> variable, string name, CredentialCache credentials)
    {
        if (Value(variable, name) is not { } text)
        {
            return null;
        }

        if (!Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5")
            || address.Host.Length == 0)
        {
            // Its value may hold a password.
            throw new TransportSettingsException($"the environment variable {name} names no proxy; it must be like http://proxy.example.com:3128");
        }

        var proxy = new UriBuilder(address.Scheme, address.Host, address.Port > 0 ? address.Port : 1080).Uri;
        if (address.UserInfo.Length > 0 && credentials.GetCredential(proxy, "Basic") is null)
        {
            var colon = address.UserInfo.IndexOf(':', StringComparison.Ordinal);
            var (user, password) = colon < 0 ? (address.UserInfo, string.Empty) : (address.UserInfo[..colon], address.UserInfo[(colon + 1)..]);
            credentials.Add(proxy, "Basic", new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password)));
        }

        return proxy;
    }

    private static bool Matches(string rule, Uri destination)
    {
        if (rule == "*")
        {
            return true;
        }

        var host = destination.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host, out var address))
        {
            return IPNetwork.TryParse(rule, out var network) ? network.Contains(address)
                : IPAddress.TryParse(rule, out var same) ? same.Equals(address)
                : IPEndPoint.TryParse(rule, out var endPoint) && endPoint.Address.Equals(address) && endPoint.Port == destination.Port;
        }

        var name = rule;
        if (rule.LastIndexOf(':') is var colon and > 0)
        {
            if (rule[(colon + 1)..] != $"{destination.Port}")
            {
                return false;
            }

            name = rule[..colon];
        }

        name = name.StartsWith("*.", StringComparison.Ordinal) ? name[1..] : name;
        return host.EndsWith(name, StringComparison.OrdinalIgnoreCase)
            && (host.Length == name.Length || name.StartsWith('.') || host[host.Length - name.Length - 1] == '.');
    }
}

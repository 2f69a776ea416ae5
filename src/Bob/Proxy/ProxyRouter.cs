using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Bob.Proxy;

/// <summary>
/// Decides where a request goes (wire contract, bob). Whoever can reach the proxy acts with its credentials, so an alias opens its own
/// repository and, there, its own tag; never another one of the same registry.
/// </summary>
internal sealed partial class ProxyRouter(IReadOnlyList<ProxyAlias> aliases, ProxyCredentials credentials)
{
    private const string Api = "/v2/";
    private const string Named = "/v2/ns/";
    private const string Manifests = "manifests/";
    private const string TargetByDigest = $"{Api}{ProxyAlias.TargetByDigest}/{Manifests}";

    /// <summary>The route of a request; null when there is none (404).</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path, decoded, with no dot segments left.</param>
    /// <param name="query">The query, with its "?", as it came.</param>
    public ProxyRoute? Find(string method, string path, string query)
    {
        if (!SafePath().IsMatch(path) || path.Contains("/../", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal))
        {
            return null;
        }

        var parameters = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (parameters.Find(parameter => parameter.StartsWith("ns=", StringComparison.Ordinal)) is { } ns)
        {
            parameters.Remove(ns);
            return path.StartsWith(Api, StringComparison.Ordinal)
                ? OnNamedRegistry(method, WebUtility.UrlDecode(ns[3..]), path[Api.Length..], parameters)
                : null;
        }

        if (path.StartsWith(Named, StringComparison.Ordinal))
        {
            var slash = path.IndexOf('/', Named.Length);
            return slash < 0 ? null : OnNamedRegistry(method, NamedHost(path[Named.Length..slash]), path[(slash + 1)..], parameters);
        }

        if (path.StartsWith(TargetByDigest, StringComparison.Ordinal))
        {
            return ByDigest(method, path[TargetByDigest.Length..], parameters);
        }

        foreach (var alias in aliases)
        {
            if (path.StartsWith(alias.ProxyPath, StringComparison.Ordinal))
            {
                return InRepository(method, alias, path[alias.ProxyPath.Length..], parameters);
            }

            if (path.StartsWith($"/{alias.Name}/", StringComparison.Ordinal))
            {
                return OnRegistry(method, alias, path[(alias.Name.Length + 1)..], parameters);
            }
        }

        return null;
    }

    /// <summary>What opens the mirror <paramref name="host"/>; null when nothing does.</summary>
    public RegistryCredential? FindForMirror(string host) => credentials.FindForMirror(host);

    /// <summary>How a registry is written inside a path of the proxy: <c>host</c>, or <c>host_port</c>.</summary>
    public static string NamedPath(string registry) => registry.Replace(':', '_');

    private static string NamedHost(string segment) =>
        segment.LastIndexOf('_') is var mark and > 0 && segment.AsSpan(mark + 1).IndexOfAnyExceptInRange('0', '9') < 0
            ? $"{segment[..mark]}:{segment[(mark + 1)..]}"
            : segment;

    private ProxyRoute? OnNamedRegistry(string method, string host, string rest, List<string> parameters)
    {
        var match = ReadPath().Match(rest);
        var registry = RegistryHost.Normalise(host);
        if (!IsRead(method) || !match.Success || host.Contains('/', StringComparison.Ordinal) || !ImageReference.TryParse($"{registry}/{match.Groups["repository"].Value}", out var image))
        {
            return null;
        }

        var credential = credentials.FindAdditional(registry);
        // A host that the parser reads as a part of the path is none.
        return image.Domain != registry ? null : new ProxyRoute
        {
            Registry = registry,
            PathAndQuery = $"/v2/{image.Path}/{match.Groups["what"].Value}{Query(parameters)}",
            Scopes = [RegistryScope.Pull(image.Path)],
            Credential = credential,
            WhyNoCredential = credential is null ? credentials.WhyNone(registry) : null,
        };
    }

    private ProxyRoute? InRepository(string method, ProxyAlias alias, string rest, List<string> parameters)
    {
        if (alias.IsCache && !IsOfCache(method, rest))
        {
            return null;
        }

        // The cache is read by the tag and then by what that says; in between another build may have written it.
        if (rest.StartsWith(Manifests, StringComparison.Ordinal) && alias.Image.Tag is { } tag && !(alias.IsCache && IsRead(method) && rest.Contains(':', StringComparison.Ordinal)))
        {
            rest = Manifests + tag;
        }

        List<RegistryScope> scopes = [IsRead(method) ? RegistryScope.Pull(alias.Image.Path) : RegistryScope.PullAndPush(alias.Image.Path)];
        TranslateMount(alias, parameters, scopes);
        return Route(alias, alias.RepositoryPath + rest, parameters, scopes);
    }

    private ProxyRoute? ByDigest(string method, string digest, List<string> parameters) =>
        HttpMethods.IsHead(method) && parameters.Count == 0 && Digest.TryParse(digest, out _) && aliases.FirstOrDefault(alias => alias.Name == ProxyAlias.Target) is { } target
            ? Route(target, $"{target.RepositoryPath}{Manifests}{digest}", parameters, [RegistryScope.Pull(target.Image.Path)])
            : null;

    private ProxyRoute? OnRegistry(string method, ProxyAlias alias, string path, List<string> parameters)
    {
        if (path.StartsWith(alias.RepositoryPath, StringComparison.Ordinal))
        {
            return InRepository(method, alias, path[alias.RepositoryPath.Length..], parameters);
        }

        // Outside the registry's API there are places that uploads are sent to; inside it there are other repositories.
        return alias.IsCache || path is "/v2" || path.StartsWith(Api, StringComparison.Ordinal)
            ? null
            : Route(alias, path, parameters, [RegistryScope.PullAndPush(alias.Image.Path)]);
    }

    private ProxyRoute Route(ProxyAlias alias, string path, List<string> parameters, IReadOnlyList<RegistryScope> scopes)
    {
        var credential = credentials.FindForAlias(alias.Name, alias.Image.Domain);
        return new()
        {
            Registry = alias.Image.Domain,
            PathAndQuery = new PathString(path).ToUriComponent() + Query(parameters),
            Scopes = scopes,
            Credential = credential,
            WhyNoCredential = credential is null ? credentials.WhyNone(alias.Image.Domain) : null,
            Alias = alias,
        };
    }

    // POST …/blobs/uploads/?mount=<digest>&from=<repository>: the client names an alias; the registry knows repositories.
    private void TranslateMount(ProxyAlias to, List<string> parameters, List<RegistryScope> scopes)
    {
        var index = parameters.FindIndex(parameter => parameter.StartsWith("from=", StringComparison.Ordinal));
        if (index < 0)
        {
            return;
        }

        var name = WebUtility.UrlDecode(parameters[index]["from=".Length..]);
        if (aliases.FirstOrDefault(alias => alias.Name == name && alias.Image.Domain == to.Image.Domain) is { } from)
        {
            parameters[index] = $"from={Uri.EscapeDataString(from.Image.Path)}";
            if (from.Image.Path != to.Image.Path)
            {
                scopes.Add(RegistryScope.Pull(from.Image.Path));
            }
        }
        else
        {
            // Without them the registry begins an upload, as it does when it cannot mount.
            parameters.RemoveAt(index);
            parameters.RemoveAll(parameter => parameter.StartsWith("mount=", StringComparison.Ordinal));
        }
    }

    // Other tags of the repository are other builds' caches.
    private static bool IsOfCache(string method, string rest) => rest switch
    {
        _ when rest.StartsWith("blobs/uploads/", StringComparison.Ordinal) => true,
        _ when rest.StartsWith(Manifests, StringComparison.Ordinal) => IsRead(method) || HttpMethods.IsPut(method),
        _ => IsRead(method) && rest.StartsWith("blobs/", StringComparison.Ordinal),
    };

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static string Query(List<string> parameters) =>
        parameters.Count == 0 ? string.Empty : new StringBuilder("?").AppendJoin('&', parameters).ToString();

    // What an encoded "/" or "." hides would be read by the registry and not by the rules here.
    [GeneratedRegex(@"\A/[^%\\\x00-\x1f]*\z")]
    private static partial Regex SafePath();

    [GeneratedRegex(@"\A(?<repository>[^?#]+)/(?<what>(?:manifests|blobs|referrers)/[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,255}|tags/list)\z")]
    private static partial Regex ReadPath();
}

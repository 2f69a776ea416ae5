using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// The credentials that the proxy of one build gets: the installation's own for the two images that the build reads and writes, and all that
/// the request may use, since any image may be one that its Dockerfile stands on. No others: a proxy can give away only what it has.
/// </summary>
internal static class ProxyCredentials
{
    /// <summary>The JSON that the proxy reads from its standard input.</summary>
    public static async Task<string> ComposeAsync(
        Keychain keychain, BuildOrder order, RegistryAccess access, IEnumerable<string> mirrors, CancellationToken cancellationToken)
    {
        var workspaceHost = ImageReference.Parse(order.WorkspaceRef).Domain;
        var baseHost = ImageReference.Parse(order.BaseRef).Domain;
        var installation = RegistryAccess.All;

        var auths = new JsonObject();
        await AddAsync(auths, keychain, workspaceHost, installation, cancellationToken);
        await AddAsync(auths, keychain, baseHost, order.Context is null ? access : installation, cancellationToken);

        var additional = new JsonObject();
        var usable = workspaceHost == baseHost ? access : WithoutOwn(access, workspaceHost);
        var hosts = usable.Additional.Keys.Concat(usable.AllowedHosts).Append(baseHost).Concat(await keychain.ListHostsAsync(usable, cancellationToken));
        foreach (var host in hosts.Select(RegistryHost.Normalise))
        {
            await AddAsync(additional, keychain, host, usable, cancellationToken);
        }

        // For reading other registries' images from them alone, which every request may.
        var mirrorAuths = new JsonObject();
        foreach (var mirror in mirrors)
        {
            await AddAsync(mirrorAuths, keychain, mirror, installation, cancellationToken);
        }

        return new JsonObject { ["auth"] = new JsonObject { ["auths"] = auths }, ["additionalAuth"] = additional, ["mirrorAuth"] = mirrorAuths }.ToJsonString();
    }

    private static async Task AddAsync(
        JsonObject hosts, Keychain keychain, string host, RegistryAccess access, CancellationToken cancellationToken)
    {
        if (!hosts.ContainsKey(host) && await keychain.FindAsync(host, access, cancellationToken) is { } credential)
        {
            hosts[host] = Describe(credential);
        }
    }

    /// <summary>The request's own credential for the registry that the image is pushed to must not take the place of the installation's.</summary>
    private static RegistryAccess WithoutOwn(RegistryAccess access, string host) => access with
    {
        Additional = access.Additional.RemoveRange(access.Additional.Keys.Where(own => RegistryHost.Normalise(own) == RegistryHost.Normalise(host))),
    };

    private static JsonObject Describe(RegistryCredential credential) => credential switch
    {
        { RegistryToken.Length: > 0 } => new() { ["registrytoken"] = credential.RegistryToken },
        { IdentityToken.Length: > 0 } => new() { ["identitytoken"] = credential.IdentityToken },
        { Username: not null } or { Password: not null } => new()
        {
            ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Password}")),
        },
        _ => new() { ["auth"] = credential.RawAuth },
    };
}

using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// The credentials that the proxy of one build gets: the installation's own for the two images that the build reads and writes and for its cache, and all that
/// the request may use, since any image may be one that its Dockerfile stands on. No others: a proxy can give away only what it has. With them
/// goes what tells a user why there is none: the request's rules, and for which registries a source failed.
/// </summary>
internal static class ProxyCredentials
{
    /// <summary>The JSON that the proxy reads from its standard input.</summary>
    /// <exception cref="LaunchException">There is no telling what opens one of the two images' registries.</exception>
    public static async Task<string> ComposeAsync(
        Keychain keychain, BuildOrder order, RegistryAccess access, IEnumerable<string> mirrors, string? cache, CancellationToken cancellationToken)
    {
        var workspaceHost = ImageReference.Parse(order.WorkspaceRef).Domain;
        var baseHost = ImageReference.Parse(order.BaseRef).Domain;
        var installation = RegistryAccess.All;
        var usable = workspaceHost == baseHost ? access : WithoutOwn(access, workspaceHost);
        try
        {
            var auths = new JsonObject();
            Add(auths, workspaceHost, await keychain.FindAsync(workspaceHost, installation, cancellationToken));
            if (baseHost != workspaceHost)
            {
                Add(auths, baseHost, await keychain.FindAsync(baseHost, order.Context is null ? access : installation, cancellationToken));
            }

            var unavailable = new JsonObject();
            if (cache is not null && ImageReference.Parse(cache).Domain is var cacheHost && !auths.ContainsKey(cacheHost))
            {
                // A build may do without its cache.
                foreach (var (host, credential) in await FindAllAsync(keychain, [cacheHost], installation, unavailable, cancellationToken))
                {
                    auths[host] = credential!.DeepClone();
                }
            }

            var hosts = usable.Additional.Keys.Concat(usable.AllowedHosts).Append(baseHost).Concat(await keychain.ListHostsAsync(usable, cancellationToken));
            var additional = await FindAllAsync(keychain, hosts.Select(RegistryHost.Normalise), usable, unavailable, cancellationToken);
            // For reading other registries' images from them alone, which every request may.
            var mirrorAuths = await FindAllAsync(keychain, mirrors, installation, unavailable, cancellationToken);
            return new JsonObject
            {
                ["auth"] = new JsonObject { ["auths"] = auths },
                ["additionalAuth"] = additional,
                ["mirrorAuth"] = mirrorAuths,
                ["access"] = new JsonObject { ["allowAll"] = usable.AllowAll, ["allowedHosts"] = new JsonArray([.. usable.AllowedHosts.Select(host => JsonValue.Create(host))]) },
                ["unavailable"] = unavailable,
            }.ToJsonString();
        }
        catch (CredentialsException error)
        {
            throw new LaunchException(FailureReason.Internal, $"build failed: {error.Message}", error);
        }
    }

    /// <summary>What there is for <paramref name="hosts"/>. A build may do without what a source fails to give; if not, the proxy tells why.</summary>
    private static async Task<JsonObject> FindAllAsync(
        Keychain keychain, IEnumerable<string> hosts, RegistryAccess access, JsonObject unavailable, CancellationToken cancellationToken)
    {
        var found = new JsonObject();
        // At once, since each may take a process or a request.
        var searches = hosts.Distinct().Select(host => (Host: host, Credential: keychain.FindAsync(host, access, cancellationToken).AsTask())).ToList();
        foreach (var (host, credential) in searches)
        {
            try
            {
                Add(found, host, await credential);
            }
            catch (CredentialsException error)
            {
                unavailable[host] = error.Message;
            }
        }

        return found;
    }

    private static void Add(JsonObject hosts, string host, RegistryCredential? credential)
    {
        if (credential is not null)
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
        _ => new() { ["auth"] = credential.Auth },
    };
}

namespace ImageBuilder.Registry.Names;

/// <summary>How the many spellings of one registry's host are told to be the same.</summary>
public static class RegistryHost
{
    /// <summary>The registry of references that name none.</summary>
    public const string DockerHub = "docker.io";

    /// <summary>The host that serves <see cref="DockerHub"/>'s registry API.</summary>
    public const string DockerHubEndpoint = "registry-1.docker.io";

    /// <summary>
    /// The one spelling of a registry: no scheme, no path, lowercase, and <c>docker.io</c> for every name of Docker Hub
    /// (docker config files call it <c>https://index.docker.io/v1/</c>).
    /// </summary>
    public static string Normalise(string host)
    {
        var start = host.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0;
        var end = host.IndexOf('/', start);
        var bare = (end < 0 ? host[start..] : host[start..end]).ToLowerInvariant();
        return bare is "index.docker.io" or DockerHubEndpoint ? DockerHub : bare;
    }
}

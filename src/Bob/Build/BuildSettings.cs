using ImageBuilder.Bob.Commands;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build;

/// <summary>How <c>bob build</c> was called.</summary>
internal sealed record BuildSettings
{
    /// <summary>The image to make, through the proxy.</summary>
    public required ImageReference Target { get; init; }

    /// <summary>The image that it is made from, through the proxy; with <see cref="BuildBase"/> it is built first.</summary>
    public required ImageReference Base { get; init; }

    /// <summary>Whether the base image is built from a Dockerfile; default false.</summary>
    public bool BuildBase { get; init; }

    /// <summary>The Dockerfile; required with <see cref="BuildBase"/>.</summary>
    public string DockerfilePath { get; init; } = string.Empty;

    /// <summary>The build context; default the Dockerfile's folder.</summary>
    public string ContextFolder { get; init; } = string.Empty;

    /// <summary>Where the engine keeps images and its layer cache; builds share it. Default /var/lib/bob.</summary>
    public string StorageRoot { get; init; } = "/var/lib/bob";

    /// <summary>What network the steps of a build have: host or none; default host.</summary>
    public string Network { get; init; } = "host";

    /// <summary>Whether every step is run anew; default false.</summary>
    public bool NoCache { get; init; }

    /// <summary>
    /// File in which the proxy notes its address, "host:port", when that is not known beforehand; it takes the place of the host in
    /// <see cref="Target"/> and <see cref="Base"/>. Default empty: the references name the proxy.
    /// </summary>
    public string ProxyAddressFile { get; init; } = string.Empty;

    /// <summary>These settings with the proxy at <paramref name="address"/>.</summary>
    /// <exception cref="UsageException">It is no address.</exception>
    public BuildSettings Through(string address)
    {
        ImageReference At(ImageReference image) =>
            ImageReference.TryParse(address + image.ToString()[image.Domain.Length..], out var moved, out var error) && moved.Domain == address
                ? moved
                : throw new UsageException($"BOB_PROXY_ADDRESS_FILE: holds no address: {error}");
        return this with { Target = At(Target), Base = At(Base) };
    }

    /// <summary>Reads the variables that the wire contract names.</summary>
    /// <exception cref="UsageException">One of them is not as it must be.</exception>
    public static BuildSettings Read(Func<string, string?> variable)
    {
        string Text(string name, string otherwise) => variable(name) is { Length: > 0 } text ? text : otherwise;
        bool Flag(string name) => Text(name, "false").ToLowerInvariant() switch
        {
            "true" or "1" => true,
            "false" or "0" => false,
            _ => throw new UsageException($"{name}: must be true or false"),
        };
        ImageReference Image(string name, string otherwise) =>
            ImageReference.TryParse(Text(name, otherwise), out var image, out var error) ? image : throw new UsageException($"{name}: {error}");

        var settings = new BuildSettings
        {
            Target = Image("BOB_TARGET_REF", "localhost:8080/target:latest"),
            Base = Image("BOB_BASE_REF", "localhost:8080/base:latest"),
            BuildBase = Flag("BOB_BUILD_BASE"),
            DockerfilePath = Text("BOB_DOCKERFILE_PATH", string.Empty),
            ContextFolder = Text("BOB_CONTEXT_DIR", string.Empty),
            StorageRoot = Text("BOB_STORAGE_ROOT", "/var/lib/bob"),
            Network = Text("BOB_NETWORK", "host"),
            NoCache = Flag("BOB_NO_CACHE"),
            ProxyAddressFile = Text("BOB_PROXY_ADDRESS_FILE", string.Empty),
        };
        return settings switch
        {
            { BuildBase: true, DockerfilePath: not ['/', ..] } => throw new UsageException("BOB_DOCKERFILE_PATH: required, and absolute, when BOB_BUILD_BASE is true"),
            { Network: not ("host" or "none") } => throw new UsageException("BOB_NETWORK: must be host or none"),
            { StorageRoot: not ['/', ..] } => throw new UsageException("BOB_STORAGE_ROOT: must be an absolute path"),
            { BuildBase: true } when settings.Target.Domain != settings.Base.Domain => throw new UsageException("BOB_BASE_REF and BOB_TARGET_REF: must name the same proxy"),
            _ => settings,
        };
    }
}

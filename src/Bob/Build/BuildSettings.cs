using System.Globalization;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build;

/// <summary>How <c>bob build</c> was called.</summary>
internal sealed record BuildSettings
{
    private const long DefaultCacheLimit = 20L << 30;
    private const long MinimumCacheLimit = 1L << 20;
    private const int MaximumOwner = 64;

    /// <summary>The image to make, through the proxy.</summary>
    public required ImageReference Target { get; init; }

    /// <summary>The image that it is made from, through the proxy; with <see cref="BuildBase"/> it is built first.</summary>
    public required ImageReference Base { get; init; }

    /// <summary>Where BuildKit keeps what steps made, through the proxy, beside its storage; default null: nowhere.</summary>
    public ImageReference? Cache { get; init; }

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

    /// <summary>How many bytes of disk the build may take up, other than in a daemon that is given; default 0, no limit.</summary>
    public long DiskLimit { get; init; }

    /// <summary>Which program builds; default: BuildKit where it is to be had, else buildah.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>The address of a buildkitd that runs already, as buildctl takes it; default empty: the build starts one of its own.</summary>
    public string BuildKitAddress { get; init; } = string.Empty;

    /// <summary>On whose behalf the build runs, as a key of letters and digits: cache mounts are kept for him. Default empty: nobody's, and they start empty.</summary>
    public string Owner { get; init; } = string.Empty;

    /// <summary>What the build is given beside its Dockerfile; default nothing.</summary>
    public BuildExtras Extras { get; init; } = BuildExtras.None;

    /// <summary>How many bytes of layers and cache mounts the engine keeps from one build to the next; default 20 GiB.</summary>
    public long CacheLimit { get; init; } = DefaultCacheLimit;

    /// <summary>
    /// File in which the proxy notes its address, "host:port", when that is not known beforehand; it takes the place of the host in
    /// <see cref="Target"/> and <see cref="Base"/>. Default empty: the references name the proxy.
    /// </summary>
    public string ProxyAddressFile { get; init; } = string.Empty;

    /// <summary>File with the proxy's password; default empty: it asks for none.</summary>
    public string ProxyKeyFile { get; init; } = string.Empty;

    /// <summary>What opens the proxy; default null: it asks for nothing.</summary>
    public RegistryCredential? ProxyLogin { get; init; }

    /// <summary>
    /// What opens the registries when there is no proxy beside bob: then <see cref="Target"/> and <see cref="Base"/> name the images in their own registries. Default null.
    /// </summary>
    public ProxyCredentials? Credentials { get; init; }

    /// <summary>These settings with the images behind a proxy at <paramref name="address"/> that serves them by their aliases to who has <paramref name="key"/>.</summary>
    public BuildSettings Behind(string address, ProxyKey key) => this with
    {
        Cache = Cache is null ? null : ImageReference.Parse($"{address}/{ProxyAlias.Cache}:latest"),
        Target = ImageReference.Parse($"{address}/{ProxyAlias.Target}:latest"),
        Base = ImageReference.Parse($"{address}/{ProxyAlias.Base}{(Base.Digest is { } digest ? $"@{digest}" : ":latest")}"),
        Credentials = null,
        ProxyLogin = key.Login,
    };

    /// <summary>These settings with the proxy at <paramref name="address"/>.</summary>
    /// <exception cref="UsageException">It is no address.</exception>
    public BuildSettings Through(string address)
    {
        ImageReference At(ImageReference image) =>
            ImageReference.TryParse(address + image.ToString()[image.Domain.Length..], out var moved, out var error) && moved.Domain == address
                ? moved
                : throw new UsageException($"BOB_PROXY_ADDRESS_FILE: holds no address: {error}");
        return this with { Target = At(Target), Base = At(Base), Cache = Cache is null ? null : At(Cache) };
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
            Cache = Text("BOB_CACHE_REF", string.Empty).Length > 0 ? Image("BOB_CACHE_REF", string.Empty) : null,
            BuildBase = Flag("BOB_BUILD_BASE"),
            DockerfilePath = Text("BOB_DOCKERFILE_PATH", string.Empty),
            ContextFolder = Text("BOB_CONTEXT_DIR", string.Empty),
            StorageRoot = ReadStorageRoot(variable),
            Network = Text("BOB_NETWORK", "host"),
            NoCache = Flag("BOB_NO_CACHE"),
            DiskLimit = long.TryParse(Text("BOB_DISK_LIMIT", "0"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                ? bytes
                : throw new UsageException("BOB_DISK_LIMIT: must be a number of bytes; 0 for no limit"),
            ProxyAddressFile = Text("BOB_PROXY_ADDRESS_FILE", string.Empty),
            ProxyKeyFile = Text("BOB_PROXY_KEY_FILE", string.Empty),
            Engine = Text("BOB_ENGINE", "auto") switch
            {
                "auto" => EngineKind.Auto,
                "buildah" => EngineKind.Buildah,
                "buildkit" => EngineKind.BuildKit,
                _ => throw new UsageException("BOB_ENGINE: must be auto, buildah or buildkit"),
            },
            BuildKitAddress = Text("BOB_EXTERNAL_BUILDKITD", string.Empty),
            Owner = Text("BOB_OWNER", string.Empty),
            CacheLimit = ReadCacheLimit(variable),
            Extras = BuildExtras.Read(variable),
            Credentials = LayerCredentials.Read(variable),
        };
        return settings switch
        {
            { BuildBase: true, DockerfilePath: not ['/', ..] } => throw new UsageException("BOB_DOCKERFILE_PATH: required, and absolute, when BOB_BUILD_BASE is true"),
            { Owner: var owner } when owner.Length > MaximumOwner || !owner.All(char.IsAsciiLetterOrDigit) =>
                throw new UsageException($"BOB_OWNER: must be up to {MaximumOwner} letters and digits"),
            { Network: not ("host" or "none") } => throw new UsageException("BOB_NETWORK: must be host or none"),
            { Credentials: not null } when settings.ProxyAddressFile.Length + settings.ProxyKeyFile.Length > 0 =>
                throw new UsageException("BOB_PROXY_ADDRESS_FILE, BOB_PROXY_KEY_FILE: not together with BOB_BASELAYER_AUTH or BOB_WSLAYER_AUTH; the proxy has the credentials"),
            { BuildBase: true, Credentials: null } when settings.Target.Domain != settings.Base.Domain => throw new UsageException("BOB_BASE_REF and BOB_TARGET_REF: must name the same proxy"),
            { Cache.Digest: not null } => throw new UsageException("BOB_CACHE_REF: must not have a digest"),
            { Cache: { } cache, Credentials: null } when cache.Domain != settings.Base.Domain => throw new UsageException("BOB_CACHE_REF: must name the same proxy as BOB_BASE_REF"),
            _ => settings,
        };
    }

    /// <summary>Reads where the engine keeps what lasts.</summary>
    /// <exception cref="UsageException">The variable holds no absolute path.</exception>
    public static string ReadStorageRoot(Func<string, string?> variable) => variable("BOB_STORAGE_ROOT") switch
    {
        null or "" => "/var/lib/bob",
        ['/', ..] path => path,
        _ => throw new UsageException("BOB_STORAGE_ROOT: must be an absolute path"),
    };

    /// <summary>Reads how many bytes the engine keeps.</summary>
    /// <exception cref="UsageException">The variable holds no such number.</exception>
    public static long ReadCacheLimit(Func<string, string?> variable) => variable("BOB_CACHE_LIMIT") switch
    {
        null or "" => DefaultCacheLimit,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes >= MinimumCacheLimit => bytes,
        _ => throw new UsageException($"BOB_CACHE_LIMIT: must be a number of bytes, {MinimumCacheLimit} or more"),
    };
}

using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Proxy;

/// <summary>A name that stands for one image: who builds knows the name, only the proxy knows the image.</summary>
/// <param name="Name"><c>base</c>, <c>target</c>, or what the cache is called.</param>
/// <param name="Image">The image it stands for.</param>
/// <param name="IsCache">
/// Whether it is the engine's cache of steps. What is in there passes for the result of a step in later builds, so a step must not write it: it is served to
/// whoever has the proxy's key.
/// </param>
internal sealed record ProxyAlias(string Name, ImageReference Image, bool IsCache = false)
{
    /// <summary>The alias of the image that the target is made from.</summary>
    public const string Base = "base";

    /// <summary>The alias of the image that the build makes.</summary>
    public const string Target = "target";

    /// <summary>The alias of the image in which the engine keeps what steps made.</summary>
    public const string Cache = "cache";

    /// <summary>
    /// Under this name the target's repository says whether it has a manifest, by its digest, and nothing else. Every name below <see cref="Target"/> is its
    /// tag's (wire contract, bob).
    /// </summary>
    public const string TargetByDigest = "target-by-digest";

    /// <summary>The cache in <paramref name="image"/>.</summary>
    /// <param name="image">Where it is kept.</param>
    /// <exception cref="FormatException">It is named by its digest.</exception>
    public static ProxyAlias OfCache(ImageReference image) =>
        image.Digest is null
            ? new ProxyAlias(Cache, image.WithTag(image.Tag ?? "latest"), IsCache: true)
            : throw new FormatException("the cache's image must not be named by its digest");

    /// <summary>Where the repository's interface begins on its registry.</summary>
    public string RepositoryPath => $"/v2/{Image.Path}/";

    /// <summary>Where it begins on the proxy.</summary>
    public string ProxyPath => $"/v2/{Name}/";
}

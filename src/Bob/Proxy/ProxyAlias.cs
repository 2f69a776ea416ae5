using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Proxy;

/// <summary>A name that stands for one image: who builds knows the name, only the proxy knows the image.</summary>
/// <param name="Name"><c>base</c>, <c>target</c>, or what the cache is called.</param>
/// <param name="Image">The image it stands for.</param>
/// <param name="IsCache">
/// Whether it is the engine's cache of steps. What is in there passes for the result of a step in later builds, so a step must not write it: it goes by a name
/// that only the engine was told.
/// </param>
internal sealed partial record ProxyAlias(string Name, ImageReference Image, bool IsCache = false)
{
    /// <summary>The alias of the image that the target is made from.</summary>
    public const string Base = "base";

    /// <summary>The alias of the image that the build makes.</summary>
    public const string Target = "target";

    private const string CachePrefix = "cache";

    /// <summary>A name for the cache that nobody can guess.</summary>
    public static string NewCacheName() => $"{CachePrefix}-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";

    /// <summary>The cache in <paramref name="image"/>.</summary>
    /// <param name="image">Where it is kept.</param>
    /// <param name="name">What it is called; empty for <c>cache</c>, which a step can guess.</param>
    /// <exception cref="FormatException">That is no name for a cache.</exception>
    public static ProxyAlias OfCache(ImageReference image, string name) =>
        name.Length == 0 || CacheName().IsMatch(name)
            ? new ProxyAlias(name.Length == 0 ? CachePrefix : name, image.Digest is null ? image.WithTag(image.Tag ?? "latest") : throw new FormatException("the cache's image must not be named by its digest"), IsCache: true)
            : throw new FormatException("the cache's name must be \"cache-\" and up to 64 lower case letters and digits");

    /// <summary>Where the repository's interface begins on its registry.</summary>
    public string RepositoryPath => $"/v2/{Image.Path}/";

    /// <summary>Where it begins on the proxy.</summary>
    public string ProxyPath => $"/v2/{Name}/";

    [GeneratedRegex(@"\Acache-[a-z0-9]{1,64}\z")]
    private static partial Regex CacheName();
}

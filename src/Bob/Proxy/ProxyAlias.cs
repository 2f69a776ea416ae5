using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Proxy;

/// <summary>A name that stands for one image: who builds knows the name, only the proxy knows the image.</summary>
/// <param name="Name"><c>base</c> or <c>target</c>.</param>
/// <param name="Image">The image it stands for.</param>
internal sealed record ProxyAlias(string Name, ImageReference Image)
{
    /// <summary>The alias of the image that the target is made from.</summary>
    public const string Base = "base";

    /// <summary>The alias of the image that the build makes.</summary>
    public const string Target = "target";

    /// <summary>Where the repository's interface begins on its registry.</summary>
    public string RepositoryPath => $"/v2/{Image.Path}/";

    /// <summary>Where it begins on the proxy.</summary>
    public string ProxyPath => $"/v2/{Name}/";
}

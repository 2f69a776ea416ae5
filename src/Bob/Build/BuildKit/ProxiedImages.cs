using System.Text.RegularExpressions;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>Where the images of a Dockerfile are found on the proxy.</summary>
internal sealed partial class ProxiedImages
{
    private readonly string _proxy;

    private ProxiedImages(string proxy) => _proxy = proxy;

    /// <summary>The name under which BuildKit looks for a context in an image's stead, and the image's place.</summary>
    public Dictionary<string, string> Contexts { get; } = [];

    /// <summary>
    /// Likewise the images that cannot be given as a context because a stage has the same name: the context would take that stage's place.
    /// </summary>
    public Dictionary<string, string> Collisions { get; } = [];

    /// <summary>Finds them for <paramref name="dockerfile"/> on <paramref name="proxy"/>.</summary>
    public static ProxiedImages Find(Dockerfile dockerfile, string proxy)
    {
        var images = new ProxiedImages(proxy);
        foreach (var image in dockerfile.Images)
        {
            var name = ContextName(image);
            (dockerfile.Stages.Contains(name) ? images.Collisions : images.Contexts)[name] = images.LocationOf(image);
        }

        return images;
    }

    /// <summary>The place of <paramref name="image"/>.</summary>
    public string LocationOf(ImageReference image) => $"{_proxy}/ns/{ProxyRouter.NamedPath(image.Domain)}{image.ToString()[image.Domain.Length..]}";

    /// <summary>A Dockerfile's text with the colliding images named by their place.</summary>
    public string WithoutCollisions(string dockerfile) => NamedStage().Replace(dockerfile, line =>
        ImageReference.TryParse(line.Groups["image"].Value, out var image) && Collisions.TryGetValue(ContextName(image), out var location)
            ? line.Groups["before"].Value + location + line.Groups["after"].Value
            : line.Value);

    /// <summary>The engine's words with each image by its own name, not by its place on the proxy.</summary>
    public string WithoutProxy(string output) => Regex.Replace(
        output,
        $@"{Regex.Escape(_proxy)}/(?:v2/)?ns/(?<host>[^\s/]+?)(?:_(?<port>[0-9]+))?/",
        place => place.Groups["host"].Value + (place.Groups["port"].Success ? ":" + place.Groups["port"].Value : string.Empty) + "/");

    /// <summary>Whether the engine's words are about one of the images.</summary>
    public bool AreIn(string output) => output.Contains(_proxy, StringComparison.Ordinal);

    // As the engine writes an image when it looks for a context of that name.
    private static string ContextName(ImageReference image)
    {
        const string Latest = ":latest";
        var name = image.Familiar;
        return name.EndsWith(Latest, StringComparison.Ordinal) ? name[..^Latest.Length] : name;
    }

    [GeneratedRegex(@"^(?<before>[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?)(?<image>\S+)(?<after>[ \t]+AS[ \t])", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex NamedStage();
}

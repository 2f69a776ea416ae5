using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImageBuilder.Builds.Identity;

/// <summary>
/// The two repositories of an installation and the names that images have in them. A name is a function of what the image is made from,
/// so equal orders meet at one image; the functions are part of the wire contract and never change.
/// </summary>
/// <param name="BaseImages">Repository of the images built from Dockerfiles, for example "registry.example.com/base".</param>
/// <param name="WorkspaceImages">Repository of the images handed to workspaces.</param>
public sealed record ImageRepositories(string BaseImages, string WorkspaceImages)
{
    /// <summary>What the service adds on top of a base image; a new number gives every workspace image a new name.</summary>
    private const int WorkspaceLayerVersion = 2;

    /// <summary>The reference of the image that is built from <paramref name="source"/> as it is. Values count as they were sent.</summary>
    public string BaseReference(DockerfileSource source) => BaseReference(source, BuildExtras.None);

    /// <summary>
    /// The reference of the image that is built from <paramref name="source"/> with <paramref name="extras"/>: without any, that of the source as it is;
    /// with others, another.
    /// </summary>
    public string BaseReference(DockerfileSource source, BuildExtras extras)
    {
        var identity =
            $"CloneTarget: {source.CloneTarget}\n" +
            $"ContextPath: {source.ContextPath}\n" +
            $"DockerfilePath: {source.DockerfilePath}\n" +
            $"DockerfileVersion: {source.DockerfileVersion}\n" +
            $"RemoteURI: {source.RemoteUri}\n" +
            "Source: git\n" +
            "\n";

        // Values may hold line ends, so a source could spell out another's extras; but without extras the text ends with an empty line, and with them it never does.
        return $"{BaseImages}:{Sha256(extras.IsNone ? identity : $"{identity}Extras: {Sha256(TextOf(extras))}\n")}";
    }

    /// <summary>The reference of the workspace image that stands on <paramref name="baseReference"/>.</summary>
    public string WorkspaceReference(string baseReference) =>
        $"{WorkspaceImages}:{Sha256($"{baseReference}\n{WorkspaceLayerVersion}\n")}";

    /// <summary>A text for each extras, with the length before each value, so that none can run into the next.</summary>
    private static string TextOf(BuildExtras extras)
    {
        IEnumerable<string> values = [extras.Stage, extras.Platform, .. ValuesOf(extras.Arguments), .. ValuesOf(extras.Labels)];
        return string.Concat(values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Length}:{value}")));
    }

    private static IEnumerable<string> ValuesOf(ImmutableDictionary<string, string> entries) =>
    [
        entries.Count.ToString(CultureInfo.InvariantCulture),
        .. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => (string[])[entry.Key, entry.Value]),
    ];

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

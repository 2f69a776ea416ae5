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

    /// <summary>The reference of the image that is built from <paramref name="source"/>. Values count as they were sent.</summary>
    public string BaseReference(DockerfileSource source)
    {
        var identity =
            $"CloneTarget: {source.CloneTarget}\n" +
            $"ContextPath: {source.ContextPath}\n" +
            $"DockerfilePath: {source.DockerfilePath}\n" +
            $"DockerfileVersion: {source.DockerfileVersion}\n" +
            $"RemoteURI: {source.RemoteUri}\n" +
            "Source: git\n" +
            "\n";
        return $"{BaseImages}:{Sha256(identity)}";
    }

    /// <summary>The reference of the workspace image that stands on <paramref name="baseReference"/>.</summary>
    public string WorkspaceReference(string baseReference) =>
        $"{WorkspaceImages}:{Sha256($"{baseReference}\n{WorkspaceLayerVersion}\n")}";

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

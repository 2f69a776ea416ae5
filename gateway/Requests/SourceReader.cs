using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Identity;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.ContentService;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Requests;

/// <summary>Reads a Dockerfile source: what identifies its image, and where its build context comes from.</summary>
internal static class SourceReader
{
    private const int MaxTextLength = 8 * 1024;

    /// <summary>What identifies the image of <paramref name="file"/>.</summary>
    /// <exception cref="RpcException">Internal: the context is not git. InvalidArgument: a value is too long.</exception>
    public static DockerfileSource ReadIdentity(BuildSourceDockerfile file)
    {
        var git = GitOf(file);
        string?[] texts =
        [
            git.RemoteUri, git.CloneTaget, git.CheckoutLocation, file.DockerfileVersion, file.DockerfilePath, file.ContextPath,
            git.Config?.AuthUser, git.Config?.AuthPassword, git.Config?.AuthOts,
        ];
        return texts.Any(text => text?.Length > MaxTextLength)
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, $"source.file: at most {MaxTextLength} characters for each value"))
            : new DockerfileSource(git.RemoteUri, git.CloneTaget, file.DockerfileVersion, file.DockerfilePath, file.ContextPath);
    }

    /// <summary>Where the build context comes from, without its secrets.</summary>
    public static BuildContextMessage ReadContext(BuildSourceDockerfile file)
    {
        var git = GitOf(file);
        return new BuildContextMessage(
            git.RemoteUri,
            git.TargetMode switch
            {
                CloneTargetMode.RemoteCommit => GitTarget.RemoteCommit,
                CloneTargetMode.RemoteBranch => GitTarget.RemoteBranch,
                CloneTargetMode.LocalBranch => GitTarget.LocalBranch,
                _ => GitTarget.RemoteHead,
            },
            git.CloneTaget,
            git.CheckoutLocation,
            git.FullClone,
            git.Config?.Authentication switch
            {
                GitAuthMethod.BasicAuth => GitAuthentication.Basic,
                GitAuthMethod.BasicAuthOts => GitAuthentication.BasicOneTimeSecret,
                _ => GitAuthentication.None,
            },
            git.Config?.AuthUser ?? string.Empty,
            file.DockerfilePath,
            file.ContextPath);
    }

    /// <summary>The secrets of the build context: a password, and a URL that gives one.</summary>
    public static (string Password, string OneTimeSecretUrl) ReadSecrets(BuildSourceDockerfile file)
    {
        var config = GitOf(file).Config;
        return (config?.AuthPassword ?? string.Empty, config?.AuthOts ?? string.Empty);
    }

    private static GitInitializer GitOf(BuildSourceDockerfile file) => file.Source?.Git
        ?? throw new RpcException(new Status(StatusCode.Internal, "cannot resolve base image: unsupported context initializer"));
}

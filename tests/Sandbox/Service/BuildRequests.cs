using ImageBuilder.Contracts;
using ImageBuilder.Contracts.ContentService;

namespace ImageBuilder.Sandbox.Service;

/// <summary>Requests as clients of the service make them.</summary>
public static class BuildRequests
{
    /// <summary>The build of a Dockerfile at the head of a repository, allowed to use every credential of the installation.</summary>
    public static BuildRequest FromGit(string repository, string dockerfile, string version) => new()
    {
        Source = new BuildSource
        {
            File = new BuildSourceDockerfile
            {
                Source = new WorkspaceInitializer { Git = new GitInitializer { RemoteUri = repository, TargetMode = CloneTargetMode.RemoteHead } },
                DockerfilePath = dockerfile,
                DockerfileVersion = version,
            },
        },
        Auth = AllCredentials,
        TriggeredBy = "sandbox",
    };

    /// <summary>Permission to use every registry credential of the installation.</summary>
    public static BuildRegistryAuth AllCredentials => new() { Total = new BuildRegistryAuthTotal { AllowAll = true } };
}

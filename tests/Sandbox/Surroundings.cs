using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox;

/// <summary>What the service meets on this machine's loopback: a registry with a base image in it, and a git server with the sample.</summary>
public sealed class Surroundings : IAsyncDisposable
{
    private Surroundings(RegistryServer registry, GitServer git, string repositories, string baseImage, string sampleCommit)
    {
        Registry = registry;
        Git = git;
        Repositories = repositories;
        BaseImage = baseImage;
        SampleCommit = sampleCommit;
    }

    /// <summary>The registry; it asks for credentials.</summary>
    public RegistryServer Registry { get; }

    /// <summary>The git server.</summary>
    public GitServer Git { get; }

    /// <summary>The folder whose repositories the git server serves.</summary>
    public string Repositories { get; }

    /// <summary>The reference of the local base image.</summary>
    public string BaseImage { get; }

    /// <summary>Where the sample is cloned from.</summary>
    public string SampleUrl => Git.Url(SampleRepository.Path);

    /// <summary>The commit at the head of the sample.</summary>
    public string SampleCommit { get; }

    /// <summary>Starts them.</summary>
    /// <param name="dataFolder">What lasts; images of an earlier run are there again.</param>
    /// <param name="registryPort">The registry's port; 0 chooses one.</param>
    /// <param name="gitRoot">A folder whose repositories are served beside the sample.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Surroundings> StartAsync(
        string dataFolder,
        int registryPort = 0,
        string? gitRoot = null,
        CancellationToken cancellationToken = default)
    {
        var registry = await RegistryServer.StartAsync(Path.Combine(dataFolder, "registry"), registryPort, cancellationToken);
        try
        {
            var baseImage = await Images.BaseImage.PushAsync(registry, cancellationToken: cancellationToken);
            var repositories = Path.Combine(dataFolder, "git");
            var sample = await GitRepository.CreateAsync(Path.Combine(repositories, SampleRepository.Path), cancellationToken);
            var commit = await sample.CommitAsync(SampleRepository.Files(baseImage), cancellationToken: cancellationToken);
            var git = await GitServer.StartAsync(
                gitRoot is null ? [repositories] : [gitRoot, repositories],
                FreePort.ChooseFor(Path.Combine(dataFolder, "git-port"), given: 0),
                cancellationToken: cancellationToken);
            return new Surroundings(registry, git, repositories, baseImage, commit);
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>Commits a Dockerfile to a repository of its own, and gives the order for its build.</summary>
    /// <param name="dockerfile">Its text; <c>@BASE@</c> stands for <see cref="BaseImage"/>.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="links">Links beside it, by name, and where they lead; null for none.</param>
    public async Task<BuildRequest> CreateRequestAsync(string dockerfile, string path = "Dockerfile", IReadOnlyDictionary<string, string>? links = null)
    {
        var name = $"{Guid.NewGuid():N}.git";
        var repository = await GitRepository.CreateAsync(Path.Combine(Repositories, name));
        var commit = await repository.CommitAsync(
            new Dictionary<string, string> { [path] = dockerfile.Replace("@BASE@", BaseImage, StringComparison.Ordinal) }, links: links);
        return BuildRequests.FromGit(Git.Url(name), path, commit);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Git.DisposeAsync();
        await Registry.DisposeAsync();
    }
}

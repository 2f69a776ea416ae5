using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Builds.Identity;

namespace ImageBuilder.Builds.Tests.Identity;

public sealed class ImageRepositoriesTests
{
    private static readonly ImageRepositories Repositories = new("registry/base", "registry/workspace");

    private static readonly DockerfileSource Source = new("https://git.example.com/r.git", "main", "v1", "Dockerfile", "sub");

    [Fact]
    public void WorkspaceReference_OfKnownBase_IsTheContractsVector() =>
        Repositories.WorkspaceReference("source-image:latest")
            .ShouldBe("registry/workspace:2b1325adbf901167f47a914a62d377c98f1e32e0837dafb95ca86ca9d08ab14e");

    [Fact]
    public void BaseReference_OfSource_HashesItsValuesInKeyOrder()
    {
        const string Identity = "CloneTarget: main\nContextPath: sub\nDockerfilePath: Dockerfile\nDockerfileVersion: v1\n"
            + "RemoteURI: https://git.example.com/r.git\nSource: git\n\n";
        var expected = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Identity)));

        Repositories.BaseReference(Source).ShouldBe($"registry/base:{expected}");
    }

    [Fact]
    public void BaseReference_WhenAnyValueDiffers_Differs()
    {
        DockerfileSource[] sources =
        [
            Source,
            Source with { RemoteUri = "https://git.example.com/other.git" },
            Source with { CloneTarget = "other" },
            Source with { DockerfileVersion = "v2" },
            Source with { DockerfilePath = "other/Dockerfile" },
            Source with { ContextPath = string.Empty },
        ];

        sources.Select(Repositories.BaseReference).Distinct().Count().ShouldBe(sources.Length);
    }
}

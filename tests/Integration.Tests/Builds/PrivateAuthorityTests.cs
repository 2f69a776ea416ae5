using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Builds;

/// <summary>A site of its own: registry and git server under a certificate authority that nobody else knows, and a mirror in place of a registry that cannot be reached.</summary>
[Collection(SharedService.Name)]
public sealed class PrivateAuthorityTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("imagebuilder-authority-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServiceFact]
    public async Task Build_RegistryMirrorAndGitServerOfAPrivateAuthority_Succeeds()
    {
        await using var registry = await RegistryServer.StartAsync(Path.Combine(_folder.FullName, "registry"), new RegistryServerOptions { Tls = true });
        await BaseImage.PushAsync(registry, "hub/library/busybox");
        using var authority = PrivateAuthority.Create(Path.Combine(_folder.FullName, "git-authority"));
        using var certificate = authority.Issue("git");
        var repository = await GitRepository.CreateAsync(Path.Combine(_folder.FullName, "git", "site.git"));
        await repository.CommitAsync(new Dictionary<string, string> { ["Dockerfile"] = "FROM upstream.invalid/library/busybox:1\nRUN echo made > /made\n" });
        await using var git = await GitServer.StartAsync([Path.Combine(_folder.FullName, "git")], certificate: certificate);
        await using var service = await TestedService.StartAsync(new ServiceOptions
        {
            DataFolder = Path.Combine(_folder.FullName, "service"),
            RegistryHost = registry.Host,
            AuthFile = registry.AuthFile,
            Amend = configuration => configuration["registry"] = new JsonObject
            {
                ["caBundles"] = new JsonArray(registry.AuthorityFile, authority.CertificateFile),
                ["mirrors"] = new JsonObject { ["upstream.invalid"] = new JsonArray($"{registry.Host}/hub") },
            },
        });
        using var client = new ServiceClient(service.Address);
        using var log = new MemoryStream();

        var responses = await client.BuildAsync(BuildRequests.FromGit(git.Url("site.git"), "Dockerfile", "1"), log);

        responses[^1].Status.ShouldBe(BuildStatus.DoneSuccess, $"{responses[^1].Message}\n{Encoding.UTF8.GetString(log.ToArray())}");
        var resolved = await client.Rpc.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "upstream.invalid/library/busybox:1" });
        resolved.Ref.ShouldStartWith("upstream.invalid/library/busybox@sha256:");
    }
}

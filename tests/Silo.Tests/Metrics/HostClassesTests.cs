using ImageBuilder.Silo.Metrics;

namespace ImageBuilder.Silo.Tests.Metrics;

public sealed class HostClassesTests
{
    private static readonly HostClasses Classes = new(["registry.internal:5000", "ours.azurecr.io"], ["mirror.internal"]);

    [Theory]
    [InlineData("registry.internal:5000", "repositories")]
    [InlineData("Registry.internal:5000", "repositories")]
    [InlineData("registry.internal", "other")]
    [InlineData("ours.azurecr.io", "repositories")]
    [InlineData("theirs.azurecr.io", "azure")]
    [InlineData("mirror.internal", "mirror")]
    [InlineData("docker.io", "docker.io")]
    [InlineData("registry-1.docker.io", "docker.io")]
    [InlineData("ghcr.io", "ghcr.io")]
    [InlineData("quay.io", "quay.io")]
    [InlineData("mcr.microsoft.com", "mcr.microsoft.com")]
    [InlineData("registry.k8s.io", "registry.k8s.io")]
    [InlineData("registry.gitlab.com", "gitlab")]
    [InlineData("gcr.io", "google")]
    [InlineData("eu.gcr.io", "google")]
    [InlineData("europe-docker.pkg.dev", "google")]
    [InlineData("public.ecr.aws", "ecr")]
    [InlineData("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr")]
    [InlineData("localhost:5000", "loopback")]
    [InlineData("127.0.0.2:5000", "loopback")]
    [InlineData("[::1]:5000", "loopback")]
    [InlineData("evilgcr.io", "other")]
    [InlineData("docker.io.evil.test", "other")]
    [InlineData("someones.private.test", "other")]
    public void Of_Host_IsOneOfFewClasses(string host, string expected)
    {
        Classes.Of(host).ShouldBe(expected);
        HostClasses.All.ShouldContain(expected);
    }
}

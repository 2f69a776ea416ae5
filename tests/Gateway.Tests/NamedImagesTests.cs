using ImageBuilder.Builds.Identity;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Gateway.Tests;

public sealed class NamedImagesTests
{
    private readonly NamedImages _images = new(
        new FakeGrains(TimeProvider.System).Factory, new GatewayOptions { Repositories = new ImageRepositories("registry.local/base", "registry.local/workspace") });

    [Fact]
    public void Find_Name_IsNormalisedAndReadOnce()
    {
        var image = _images.Find("debian:12");

        image.RepositoryName.ShouldBe("docker.io/library/debian");
        _images.Find("debian:12").ShouldBeSameAs(image);
    }

    [Fact]
    public void Find_MoreNamesThanAreRemembered_ReadsThemAgain()
    {
        var image = _images.Find("debian:12");
        for (var i = 0; i < 5_000; i++)
        {
            _images.Find($"debian:{i}-other");
        }

        _images.Find("debian:12").ShouldNotBeSameAs(image);
        _images.Find("debian:12").RepositoryName.ShouldBe(image.RepositoryName);
    }

    [Fact]
    public void Find_NotAName_Throws() => Should.Throw<InvalidReferenceException>(() => _images.Find("Not A Reference"));
}

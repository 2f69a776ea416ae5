using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Tests.Build;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Bob.Tests.Commands;

public sealed class DaemonVerbTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("[]", "")]
    [InlineData("""["debian:12","r.example/a"]""", "docker.io/library/debian:12 r.example/a")]
    public void ReadImages_Array_GivesThem(string? json, string images) => string.Join(' ', DaemonVerb.ReadImages(json)).ShouldBe(images);

    [Theory]
    [InlineData("debian")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""["UPPER"]""")]
    public void ReadImages_NoSuchArray_NamesTheVariable(string json) =>
        Should.Throw<UsageException>(() => DaemonVerb.ReadImages(json)).Message.ShouldStartWith("BOB_CACHE_IMAGES");

    [NeedsBuildKitFact]
    public async Task Run_ImagesToPrewarm_AreThereWhenItIsReadyAndItEndsWhenAsked()
    {
        await using var stage = await BuildStage.StartAsync();
        await using var open = await RegistryServer.StartAsync(Path.Combine(stage.Storage, "open"), new RegistryServerOptions { Login = RegistryLogin.Open });
        var image = await BaseImage.PushAsync(open);
        await using var daemon = await BuildDaemon.StartAsync(stage, $"""["{open.Host}/none","{image}"]""");

        var kept = await Command.CheckAsync("buildctl", ["--addr", daemon.Address, "du", "--verbose"]);

        kept.ShouldContain($"pulled from {image}");
        (await daemon.StopAsync()).ShouldBe(0);
    }
}

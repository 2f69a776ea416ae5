using ImageBuilder.Bob.Build;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class EnginesTests
{
    [Theory]
    [InlineData(null, null, "buildkitd buildctl runc", "BuildKit")]
    [InlineData(null, null, "buildctl runc", "Buildah")]
    [InlineData(null, "unix:///run/buildkitd", "buildctl", "BuildKit")]
    [InlineData("buildah", "unix:///run/buildkitd", "buildkitd buildctl runc", "Buildah")]
    [InlineData("buildkit", null, "", "BuildKit")]
    public void Choose_SettingsAndMachine_GiveTheEngine(string? engine, string? daemon, string programs, string expected)
    {
        var settings = BuildSettings.Read(name => name switch
        {
            "BOB_ENGINE" => engine,
            "BOB_EXTERNAL_BUILDKITD" => daemon,
            _ => null,
        });

        Engines.Choose(settings, programs.Split(' ').Contains).ToString().ShouldBe(expected);
    }
}

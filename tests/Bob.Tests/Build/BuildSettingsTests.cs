using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Commands;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class BuildSettingsTests
{
    [Fact]
    public void Read_NoVariables_HasTheDefaultsOfTheContract()
    {
        var settings = BuildSettings.Read(_ => null);

        settings.Target.ToString().ShouldBe("localhost:8080/target:latest");
        settings.Base.ToString().ShouldBe("localhost:8080/base:latest");
        settings.BuildBase.ShouldBeFalse();
    }

    [Theory]
    [InlineData("BOB_BUILD_BASE", "perhaps")]
    [InlineData("BOB_NETWORK", "bridge")]
    [InlineData("BOB_STORAGE_ROOT", "relative")]
    [InlineData("BOB_TARGET_REF", "localhost:8080/UPPER")]
    [InlineData("BOB_DOCKERFILE_PATH", "relative")]
    [InlineData("BOB_ENGINE", "kaniko")]
    [InlineData("BOB_OWNER", "../other")]
    [InlineData("BOB_CACHE_LIMIT", "10GB")]
    [InlineData("BOB_CACHE_LIMIT", "-1")]
    public void Read_WrongValue_NamesTheVariable(string name, string value) =>
        Should.Throw<UsageException>(() => BuildSettings.Read(asked => asked switch
        {
            _ when asked == name => value,
            "BOB_BUILD_BASE" => "true",
            "BOB_DOCKERFILE_PATH" => "/workspace/Dockerfile",
            _ => null,
        })).Message.ShouldStartWith(name);

    [Fact]
    public void Through_Address_TakesThePlaceOfTheHost()
    {
        var digest = "sha256:" + new string('a', 64);
        var settings = BuildSettings.Read(name => name == "BOB_BASE_REF" ? $"localhost:8080/base@{digest}" : null).Through("127.0.0.1:4711");

        settings.Base.ToString().ShouldBe($"127.0.0.1:4711/base@{digest}");
        settings.Target.ToString().ShouldBe("127.0.0.1:4711/target:latest");
    }
}

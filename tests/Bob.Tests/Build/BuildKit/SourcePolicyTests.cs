using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Bob.Build.BuildKit;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

public sealed class SourcePolicyTests
{
    [Theory]
    [InlineData("docker-image://127.0.0.1:80/a", false)]
    [InlineData("docker-image://127.0.0.1:80/ns/docker.io/library/debian:12@sha256:0", false)]
    [InlineData("docker-image://127.0.0.1:801/a", true)]
    [InlineData("docker-image://127x0.0.1:80/a", true)]
    [InlineData("docker-image://127.0.0.1", true)]
    [InlineData("docker-image://docker.io/library/debian:12", true)]
    [InlineData("docker-image://", true)]
    [InlineData("https://example.com/docker-image://", false)]
    [InlineData("local://context", false)]
    public void OnlyFrom_Source_IsDeniedUnlessItIsOfTheRegistry(string source, bool denied)
    {
        var rule = JsonDocument.Parse(SourcePolicy.OnlyFrom("127.0.0.1:80")).RootElement.GetProperty("rules").EnumerateArray().ShouldHaveSingleItem();

        rule.GetProperty("action").GetString().ShouldBe("DENY");
        Regex.IsMatch(source, rule.GetProperty("selector").GetProperty("identifier").GetString()!).ShouldBe(denied);
    }
}

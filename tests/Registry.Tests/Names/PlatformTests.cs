using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Tests.Names;

public sealed class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64", true)]
    [InlineData("linux/amd64", "linux/amd64/v1", true)]
    [InlineData("linux/amd64", "linux/amd64/v3", false)]
    [InlineData("linux/arm64", "linux/arm64/v8", true)]
    [InlineData("linux/arm/v7", "linux/arm/v6", false)]
    [InlineData("linux/amd64", "linux/arm64", false)]
    [InlineData("linux/amd64", "windows/amd64", false)]
    public void IsExactly_Variants_UsualOnesAreNone(string wanted, string offered, bool expected) =>
        Platform.Parse(wanted).IsExactly(Platform.Parse(offered)).ShouldBe(expected);

    [Theory]
    [InlineData("linux")]
    [InlineData("linux/")]
    [InlineData("linux/amd64/v1/x")]
    [InlineData("linux/am d64")]
    [InlineData("")]
    public void Parse_OtherForm_SaysWhatIsAllowed(string text) =>
        Should.Throw<InvalidReferenceException>(() => Platform.Parse(text)).Message.ShouldContain("linux/amd64");

    [Fact]
    public void ToString_NamesThePlatformAsErrorsDo()
    {
        Platform.LinuxAmd64.ToString().ShouldBe("linux-amd64");
        Platform.Parse("linux/arm/v7").ToString().ShouldBe("linux-arm-v7");
    }
}

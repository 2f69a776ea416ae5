using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Tests.Names;

public sealed class BuildNamesTests
{
    [Theory]
    [InlineData("VERSION", true)]
    [InlineData("_a1", true)]
    [InlineData("MY_BUILDKIT_X", true)]
    [InlineData("BUILDKIT_SYNTAX", false)]
    [InlineData("http_proxy", false)]
    [InlineData("NO_PROXY", false)]
    [InlineData("HTTP_PROXY_OF_STEP", true)]
    [InlineData("1A", false)]
    [InlineData("A-B", false)]
    [InlineData("--secret", false)]
    [InlineData("A\n", false)]
    [InlineData("", false)]
    public void IsArgument_Name_IsOneThatShellsTake(string name, bool expected) => BuildNames.IsArgument(name).ShouldBe(expected);

    [Theory]
    [InlineData("org.example.a-b/c", true)]
    [InlineData("ä", true)]
    [InlineData("a b", false)]
    [InlineData("a=b", false)]
    [InlineData("a\u0000", false)]
    [InlineData("a\n", false)]
    [InlineData("", false)]
    public void IsLabel_Name_HasNoBlanksAndNoEqualsSign(string name, bool expected) => BuildNames.IsLabel(name).ShouldBe(expected);

    [Theory]
    [InlineData("wanted", true)]
    [InlineData("0", true)]
    [InlineData("a.b-c_d", true)]
    [InlineData("--no-cache", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("", false)]
    public void IsStage_Name_CannotPassForAnOption(string name, bool expected) => BuildNames.IsStage(name).ShouldBe(expected);

    [Fact]
    public void AnyName_TooLong_IsNone()
    {
        BuildNames.IsArgument(new string('a', BuildNames.MaximumLength)).ShouldBeTrue();
        BuildNames.IsArgument(new string('a', BuildNames.MaximumLength + 1)).ShouldBeFalse();
        BuildNames.IsLabel(new string('a', BuildNames.MaximumLength + 1)).ShouldBeFalse();
        BuildNames.IsStage(new string('a', 129)).ShouldBeFalse();
    }
}

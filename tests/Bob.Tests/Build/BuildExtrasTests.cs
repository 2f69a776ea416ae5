using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Tests.Processes;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class BuildExtrasTests
{
    [Theory]
    [InlineData("BOB_BUILD_ARGS", "[]")]
    [InlineData("BOB_BUILD_ARGS", """{"A":1}""")]
    [InlineData("BOB_BUILD_ARGS", """{"A":"a\u0000b"}""")]
    [InlineData("BOB_BUILD_ARGS", """{"--secret":"x"}""")]
    [InlineData("BOB_BUILD_ARGS", """{"BUILDKIT_CACHE_MOUNT_NS":"alice"}""")]
    [InlineData("BOB_BUILD_ARGS", """{"http_proxy":"http://mallory.example"}""")]
    [InlineData("BOB_BUILD_ARGS", """{"NO_PROXY":"*"}""")]
    [InlineData("BOB_LABELS", """{"a b":"x"}""")]
    [InlineData("BOB_LABELS", "{")]
    [InlineData("BOB_TARGET_STAGE", "--no-cache")]
    [InlineData("BOB_PLATFORM", "amd64")]
    [InlineData("BOB_SECRETS_FOLDER", "relative")]
    [InlineData("BOB_SECRETS_FOLDER", "/no/such/folder")]
    public void Read_WrongValue_NamesTheVariable(string name, string value) =>
        Should.Throw<UsageException>(() => BuildExtras.Read(asked => asked == name ? value : null)).Message.ShouldStartWith(name);

    [Fact]
    public void Read_TooLong_NamesTheVariable() =>
        Should.Throw<UsageException>(() => BuildExtras.Read(asked => asked == "BOB_LABELS" ? $$"""{"a":"{{new string('x', BuildExtras.MaximumJson)}}"}""" : null)).Message.ShouldStartWith("BOB_LABELS");

    [Fact]
    public void Read_Secrets_AreTheirOwnersAlone()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("secrets/token", "first line\nsecond\n");

        using var secrets = BuildSecretFiles.Read(folder["secrets"]);

        secrets.Files.ShouldHaveSingleItem().ShouldBe(new("token", file));
        secrets.Values.ShouldContain("first line");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData(".hidden")]
    [InlineData("a,src=x")]
    public void Read_SecretOfAnotherName_IsRefused(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write($"secrets/{name}", "text");

        Should.Throw<UsageException>(() => BuildSecretFiles.Read(folder["secrets"])).Message.ShouldStartWith("BOB_SECRETS_FOLDER");
    }

    [Fact]
    public void Read_SecretIsALink_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["secrets"]);
        File.CreateSymbolicLink(Path.Combine(folder["secrets"], "token"), "/etc/shadow");

        Should.Throw<UsageException>(() => BuildSecretFiles.Read(folder["secrets"]));
    }
}

using ImageBuilder.Bob.Init;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Tests.Init;

public sealed class GitRemoteTests
{
    [Theory]
    [InlineData("https://example.com/a/b.git", "https://example.com/a/b.git")]
    [InlineData("http://127.0.0.1:81/a?x=y", "http://127.0.0.1:81/a?x=y")]
    [InlineData("ssh://git@example.com/a.git", "ssh://git@example.com/a.git")]
    [InlineData("git@example.com:a/b.git", "git@example.com:a/b.git")]
    public void Parse_SupportedAddress_IsKept(string text, string address) => GitRemote.Parse(text).Address.ShouldBe(address);

    [Fact]
    public void Parse_AddressWithLogin_TakesTheLoginOut()
    {
        var remote = GitRemote.Parse("https://joe:p%40ss@example.com/a.git");

        remote.Address.ShouldBe("https://example.com/a.git");
        (remote.User, remote.Password, remote.Server).ShouldBe(("joe", "p@ss", "https://example.com"));
    }

    [Theory]
    [InlineData("ssh://git@example.com:2222/a%20b/c.git", "git@example.com", 2222, "/a b/c.git")]
    [InlineData("ssh://example.com/~joe/a.git", "example.com", null, "~joe/a.git")]
    [InlineData("ssh://git@[2001:db8::1]/a", "git@2001:db8::1", null, "/a")]
    [InlineData("git@example.com:a/b.git", "git@example.com", null, "a/b.git")]
    public void Parse_Ssh_IsWhatGitAsksTheServerFor(string text, string target, int? port, string path) =>
        GitRemote.Parse(text).Ssh.ShouldBe(new SshPlace(target, port, path));

    [Theory]
    [InlineData("")]
    [InlineData("file:///etc")]
    [InlineData("/etc")]
    [InlineData("ext::sh -c id")]
    [InlineData("git://example.com/a")]
    [InlineData("--upload-pack=id")]
    [InlineData("ssh://-oProxyCommand=id/a")]
    [InlineData("-x@example.com:a")]
    [InlineData("git@-oProxyCommand=id:a")]
    [InlineData("https://example.com/a b")]
    [InlineData("https://example.com/a\n")]
    public void Parse_OtherAddress_IsRefused(string text) =>
        Should.Throw<BobException>(() => GitRemote.Parse(text)).Reason.ShouldBe(FailureReason.ContextUnavailable);
}

using ImageBuilder.Bob.Init;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Tests.Init;

public sealed class ForeignServersTests
{
    [Theory]
    [InlineData("https://198.51.100.1/a.git", "https://203.0.113.7/", true)]
    [InlineData("https://198.51.100.1/a.git", "http://10.0.0.1/", false)]
    [InlineData("https://198.51.100.1/a.git", "http://127.0.0.1:9500/", false)]
    [InlineData("https://198.51.100.1/a.git", "http://localhost:9500/", false)]
    [InlineData("https://198.51.100.1/a.git", "http://2130706433/", false)]
    [InlineData("https://198.51.100.1/a.git", "http://[::1]/", false)]
    [InlineData("https://198.51.100.1/a.git", "http://[fd00::1]/", false)]
    [InlineData("https://198.51.100.1/a.git", "http://169.254.169.254/", false)]
    [InlineData("https://10.0.0.1/a.git", "https://10.9.9.9/", true)]
    [InlineData("https://10.0.0.1/a.git", "http://127.0.0.1/", false)]
    [InlineData("https://10.0.0.1/a.git", "http://169.254.169.254/", false)]
    [InlineData("git@10.0.0.1:a.git", "https://10.9.9.9/", true)]
    [InlineData("git@198.51.100.1:a.git", "https://10.9.9.9/", false)]
    [InlineData("ssh://git@198.51.100.1/a.git", "https://127.0.0.1/", false)]
    [InlineData("http://127.0.0.1/a.git", "http://[::1]:81/", true)]
    [InlineData("http://127.0.0.1/a.git", "http://10.0.0.1/", true)]
    [InlineData("http://127.0.0.1/a.git", "http://169.254.169.254/", false)]
    [InlineData("http://127.0.0.1/a.git", "http://0xa9fea9fe/", false)]
    [InlineData("http://127.0.0.1/a.git", "http://[::ffff:169.254.169.254]/", false)]
    [InlineData("http://127.0.0.1/a.git", "http://[64:ff9b::a9fe:a9fe]/", false)]
    [InlineData("http://169.254.1.1/a.git", "http://169.254.1.1:81/", true)]
    [InlineData("http://169.254.1.1/a.git", "http://127.0.0.1/", false)]
    public async Task Check_Server_MayBeNoNearerThanTheRepositorysOwn(string remote, string target, bool isAllowed)
    {
        using var servers = new ForeignServers(GitRemote.Parse(remote), authorities: null);

        var check = () => servers.CheckAsync(new Uri(target), CancellationToken.None);

        if (isAllowed)
        {
            (await check()).ShouldNotBeEmpty();
            return;
        }

        var refusal = await check.ShouldThrowAsync<BobException>();
        refusal.Reason.ShouldBe(FailureReason.ContextUnavailable);
        refusal.Message.ShouldContain("is inside this network or on this machine");
    }

    [Fact]
    public async Task Get_RedirectsForEver_IsGivenUp()
    {
        await using var server = await RedirectingServer.StartAsync(path => path + "x");
        using var servers = new ForeignServers(GitRemote.Parse(server.Url + "/a.git"), authorities: null);

        var refusal = await Should.ThrowAsync<BobException>(() => servers.GetAsync(new Uri(server.Url + "/a"), _ => { }, CancellationToken.None));

        refusal.Message.ShouldContain("redirects more than 5 times");
        server.Requests.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Get_RedirectsToAnotherServer_HeadersAreNotSentThere()
    {
        await using var other = await RedirectingServer.StartAsync(_ => null);
        await using var server = await RedirectingServer.StartAsync(path => path == "/a" ? "/b" : other.Url + path);
        using var servers = new ForeignServers(GitRemote.Parse(server.Url + "/a.git"), authorities: null);

        using var answer = await servers.GetAsync(new Uri(server.Url + "/a"), headers => headers.Authorization = new("Basic", "secret"), CancellationToken.None);

        server.Requests.ShouldBe([("/a", "Basic secret"), ("/b", "Basic secret")]);
        other.Requests.ShouldBe([("/b", "")]);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest", "is inside this network or on this machine")]
    [InlineData("file:///etc/passwd", "transport that is not allowed")]
    public async Task Get_RedirectsWhereNobodyMaySend_IsRefused(string location, string reason)
    {
        await using var server = await RedirectingServer.StartAsync(_ => location);
        using var servers = new ForeignServers(GitRemote.Parse(server.Url + "/a.git"), authorities: null);

        (await Should.ThrowAsync<BobException>(() => servers.GetAsync(new Uri(server.Url + "/a"), _ => { }, CancellationToken.None))).Message.ShouldContain(reason);
    }
}

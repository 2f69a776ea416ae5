using System.Text;
using ImageBuilder.Bob.Proxy;

namespace ImageBuilder.Bob.Tests.Proxy;

public sealed class ProxyCredentialsTests
{
    [Fact]
    public void Find_BothHaveTheHost_TheInstallationsWins()
    {
        var credentials = ProxyCredentials.Parse($$"""{"auths":{"r.example":{"auth":"{{Auth("a:b")}}"} } }""", $$"""{"r.example":{"auth":"{{Auth("c:d")}}"} }""");

        credentials.FindForAlias(ProxyAlias.Target, "r.example")!.Username.ShouldBe("a");
        credentials.FindAdditional("r.example")!.Username.ShouldBe("c");
    }

    [Theory]
    [InlineData("r.example", "r.example:443")]
    [InlineData("r.example", "r.example")]
    [InlineData("r.example:5000", "r.example:5000")]
    [InlineData("r.example:5000", "r.example")]
    [InlineData("docker.io", "docker.io")]
    [InlineData("docker.io", "registry-1.docker.io")]
    [InlineData("docker.io", "https://index.docker.io/v1/")]
    [InlineData("123456789012.dkr.ecr.eu-west-1.amazonaws.com", ProxyCredentials.EcrWildcard)]
    public void Find_HostBySpelling_IsFound(string registry, string entry) =>
        ProxyCredentials.Parse(null, $$"""{"{{entry}}":{"auth":"{{Auth("a:b")}}"} }""").FindAdditional(registry)!.Username.ShouldBe("a");

    [Theory]
    [InlineData("r.example:5000", "r.example:443")]
    [InlineData("r.example", "r.example:5000")]
    [InlineData("r.example", ProxyCredentials.EcrWildcard)]
    [InlineData("r.example", "docker.io")]
    public void Find_OtherHost_IsNot(string registry, string entry) =>
        ProxyCredentials.Parse(null, $$"""{"{{entry}}":{"auth":"{{Auth("a:b")}}"} }""").FindAdditional(registry).ShouldBeNull();

    [Fact]
    public void Find_HostWithItsPort_ComesBeforeTheHost() =>
        ProxyCredentials.Parse(null, $$"""{"r.example":{"auth":"{{Auth("late:x")}}"},"r.example:443":{"auth":"{{Auth("first:x")}}"} }""")
            .FindAdditional("r.example")!.Username.ShouldBe("first");

    [Fact]
    public void Parse_PasswordWithColonAndLineBreak_IsTheTrimmedRest()
    {
        var credential = ProxyCredentials.Parse(null, $$"""{"r.example":{"auth":"{{Auth("a:b:c\n")}}"} }""").FindAdditional("r.example")!;

        (credential.Username, credential.Password).ShouldBe(("a", "b:c"));
    }

    [Theory]
    [InlineData("broken.test", "cannot get it")]
    [InlineData("allowed.test", "the installation has none, and the request brought none")]
    [InlineData("denied.test", "registry denied.test is not in the request's allow list (allowed.test)")]
    [InlineData("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "no AWS identity")]
    public void WhyNone_RulesAndFailures_TellTheReason(string registry, string why) => ProxyCredentials.ParseOne(
        $$"""{"access":{"allowAll":false,"allowedHosts":["allowed.test"]},"unavailable":{"broken.test":"cannot get it","{{ProxyCredentials.EcrWildcard}}":"no AWS identity"} }""")
        .WhyNone(registry).ShouldBe(why);

    [Fact]
    public void WhyNone_NoRules_IsNotKnown()
    {
        ProxyCredentials.ParseOne("{}").WhyNone("r.example").ShouldBeNull();
        ProxyCredentials.None.WhyNone("r.example").ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"access":[]}""")]
    [InlineData("""{"access":{"allowAll":"s3cret","allowedHosts":[]}}""")]
    [InlineData("""{"access":{"allowAll":true}}""")]
    [InlineData("""{"unavailable":{"a":["s3cret"]}}""")]
    public void ParseOne_RulesThatAreNone_AreRefused(string json) =>
        Should.Throw<FormatException>(() => ProxyCredentials.ParseOne(json)).ToString().ShouldNotContain("s3cret");

    [Fact]
    public void ParseOne_BothParts_AreRead()
    {
        var credentials = ProxyCredentials.ParseOne($$"""{"auth":{"auths":{"one":{"auth":"{{Auth("a:b")}}"} } },"additionalAuth":{"two":{"auth":"{{Auth("c:d")}}"} } }""");

        credentials.FindForAlias(ProxyAlias.Target, "one").ShouldNotBeNull();
        credentials.FindAdditional("one").ShouldBeNull();
        credentials.FindAdditional("two").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("""{"auths":{"r":"hunter2"}}""")]
    [InlineData("""["hunter2"]""")]
    public void Parse_OtherForm_IsRefusedWithoutShowingIt(string json) =>
        Should.Throw<FormatException>(() => ProxyCredentials.Parse(json, null)).Message.ShouldNotContain("hunter2");

    private static string Auth(string login) => Convert.ToBase64String(Encoding.UTF8.GetBytes(login));

    [Fact]
    public void OfLayers_EachItsOwn_OpensItsImageAndForTheOthersWhatThatHasNot()
    {
        var credentials = ProxyCredentials.OfLayers(
            $$$"""{"auths":{"both":{{{Entry("base")}}},"first":{{{Entry("base")}}} } }""", $$"""{"both":{{Entry("ws")}},"second":{{Entry("ws")}} }""", ("one", "two"));

        string? User(string alias, string registry) => credentials.FindForAlias(alias, registry)?.Username;
        (User(ProxyAlias.Base, "both"), User(ProxyAlias.Target, "both"), credentials.FindAdditional("both")?.Username).ShouldBe(("base", "ws", "base"));
        (User(ProxyAlias.Base, "second"), User(ProxyAlias.Target, "first"), credentials.FindAdditional("second")?.Username).ShouldBe(("ws", "base", null));
    }

    private static string Entry(string user) => $$"""{"username":"{{user}}","password":"x"}""";
}

using System.Text;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Tests.Credentials;

public sealed class DockerConfigTests
{
    [Theory]
    [InlineData("user:password", "user", "password")]
    [InlineData("user:pass:word", "user", "pass:word")]
    [InlineData("user:", "user", "")]
    [InlineData("user:password\0\0", "user", "password")]
    public void Find_Auth_UserEndsAtTheFirstColon(string decoded, string user, string password)
    {
        var found = Parse($$$$"""{"auths":{"r.example.com":{"auth":"{{{{Base64(decoded)}}}}"}}}""").Find("r.example.com");

        found.ShouldBe(RegistryCredential.Basic(user, password));
    }

    [Theory]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("index.docker.io", "docker.io")]
    [InlineData("registry-1.docker.io", "docker.io")]
    [InlineData("docker.io", "registry-1.docker.io")]
    [InlineData("https://r.example.com", "r.example.com")]
    [InlineData("http://r.example.com/v2/", "r.example.com")]
    [InlineData("R.example.com", "r.example.com")]
    [InlineData("localhost:5000", "localhost:5000")]
    public void Find_OtherSpellingOfTheHost_IsTheSame(string key, string host) =>
        Parse($$$$"""{"auths":{"{{{{key}}}}":{"username":"u","password":"p"}}}""").Find(host).ShouldBe(RegistryCredential.Basic("u", "p"));

    [Theory]
    [InlineData("localhost:5000", "localhost")]
    [InlineData("localhost", "localhost:5000")]
    [InlineData("example.com", "r.example.com")]
    [InlineData("r.example.com", "example.com")]
    [InlineData("example.com", "example.com.evil.org")]
    public void Find_OtherHost_IsNone(string key, string host) =>
        Parse($$$$"""{"auths":{"{{{{key}}}}":{"username":"u","password":"p"}}}""").Find(host).ShouldBeNull();

    [Fact]
    public void Find_ExactSpelling_WinsOverANormalisedOne()
    {
        var config = Parse("""{"auths":{"https://r/v1/":{"username":"a"},"r":{"username":"b"}}}""");

        config.Find("r")!.Username.ShouldBe("b");
        config.Find("https://r/v1/")!.Username.ShouldBe("a");
    }

    [Fact]
    public void Find_Tokens_AreRead()
    {
        var config = Parse($$$$"""{"auths":{"a":{"auth":"{{{{Base64("00000000-0000-0000-0000-000000000000:")}}}}","identitytoken":"refresh"},"b":{"registrytoken":"bearer"}}}""");

        config.Find("a")!.IdentityToken.ShouldBe("refresh");
        config.Find("b").ShouldBe(new RegistryCredential { RegistryToken = "bearer" });
    }

    [Fact]
    public void Parse_OtherParts_AreNotOurs()
    {
        var config = Parse("""{"HttpHeaders":{"a":"b"},"auths":{"r":{},"s":{"auth":""},"t":{"email":"x"}}}""");

        config.Hosts.ShouldBeEmpty();
        Parse("{}").Hosts.ShouldBeEmpty();
        Parse("""{"auths":null}""").Hosts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{\"auths\":{\"r\":{\"auth\":\"s3cret", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"auths":[]}""", "\"auths\"")]
    [InlineData("""{"auths":{"r":"s3cret"}}""", "auths[\"r\"]")]
    [InlineData("""{"auths":{"r":{"auth":"s3cret!"}}}""", "auths[\"r\"].auth")]
    [InlineData("""{"auths":{"r":{"auth":"czNjcmV0"}}}""", "auths[\"r\"].auth")]
    [InlineData("""{"auths":{"r":{"password":{"s3cret":1}}}}""", "auths[\"r\"].password")]
    [InlineData("""{"credHelpers":["s3cret"]}""", "\"credHelpers\"")]
    [InlineData("""{"credHelpers":{"r":{"s3cret":1}}}""", "credHelpers[\"r\"]")]
    [InlineData("""{"credsStore":{"s3cret":1}}""", "\"credsStore\"")]
    public void Parse_Malformed_NamesTheEntryAndNeverTheValue(string json, string place)
    {
        var error = Should.Throw<CredentialsException>(() => Parse(json));

        error.ToString().ShouldContain(place);
        error.ToString().ShouldNotContain("s3cret");
        error.ToString().ShouldNotContain("czNjcmV0");
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("/bin/sh")]
    [InlineData("a b")]
    [InlineData("-x")]
    [InlineData(".")]
    [InlineData("x\\u0000")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Parse_HelperNameThatIsNone_SaysWhatNamesAre(string name)
    {
        foreach (var (json, place) in new[] { ($$$"""{"credHelpers":{"r":"{{{name}}}"}}""", "credHelpers[\"r\"]"), ($$"""{"credsStore":"{{name}}"}""", "\"credsStore\"") })
        {
            Should.Throw<CredentialsException>(() => Parse(json)).Message.ShouldBe(
                $"{place} is not the name of a credential helper: 1 to 64 of the characters A-Z a-z 0-9 - _ . with a letter or digit first");
        }
    }

    [Fact]
    public void Parse_EmptyHelpers_AreNone()
    {
        var config = Parse("""{"credHelpers":{"r":"","s":null},"credsStore":""}""");

        config.Hosts.ShouldBeEmpty();
        config.HelpersFor("r").ShouldBeEmpty();
        Parse("""{"credHelpers":null,"credsStore":null}""").Store.ShouldBeNull();
    }

    [Fact]
    public void Parse_ManyHelpers_SaysHowManyThereMayBe()
    {
        var entries = string.Join(',', Enumerable.Range(0, 1001).Select(n => $"\"{n}.test\":\"x\""));

        Should.Throw<CredentialsException>(() => Parse($$$"""{"credHelpers":{{{{entries}}}}}""")).Message.ShouldBe("\"credHelpers\" has more than 1000 entries");
    }

    [Fact]
    public void Parse_DeepJson_SaysHowDeepItMayBe() =>
        Should.Throw<CredentialsException>(() => Parse($"{{\"x\":{new string('[', 100_000)}")).Message.ShouldStartWith("it is not JSON of at most 64 levels");

    [Fact]
    public void Parse_ThousandsOfEntries_AreAllThere() =>
        Parse($$$"""{"auths":{{{{string.Join(',', Enumerable.Range(0, 20_000).Select(n => $"\"{n}.test\":{{\"auth\":\"dTpw\"}}"))}}}}}""").Hosts.Count.ShouldBe(20_000);

    [Fact]
    public void Parse_TextThatIsNotUtf8_IsOneOfOurErrors() =>
        Should.Throw<CredentialsException>(() => DockerConfig.Parse("{\"auths\":{\"r\":{\"auth\":\""u8.ToArray().Concat(new byte[] { 0xff, 0xfe }).Concat("\"}}}"u8.ToArray()).ToArray()));

    private static DockerConfig Parse(string json) => DockerConfig.Parse(Encoding.UTF8.GetBytes(json));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}

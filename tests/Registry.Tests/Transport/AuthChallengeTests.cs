using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Transport;

public sealed class AuthChallengeTests
{
    [Theory]
    [InlineData("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"", "https://auth.docker.io/token", "registry.docker.io")]
    [InlineData("bearer service = s , realm = \"r\"", "r", "s")]
    [InlineData("Bearer realm=\"a\\\"b,c\",scope=\"repository:x:pull,push\",error=\"invalid_token\"", "a\"b,c", null)]
    [InlineData("Bearer realm=https://r/t", "https://r/t", null)]
    [InlineData("Negotiate, Basic realm=\"x\", Bearer realm=\"r\", service=\"s\"", "r", "s")]
    [InlineData("Bearer realm=\"open", "open", null)]
    public void Find_Bearer_IsRead(string header, string realm, string? service) =>
        Find(header).ShouldBe(new AuthChallenge(AuthScheme.Bearer, realm, service));

    [Theory]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("BASIC")]
    [InlineData("Digest nonce=\"a\", Basic realm=\"x, Bearer realm=y\"")]
    public void Find_Basic_IsRead(string header) => Find(header).ShouldBe(new AuthChallenge(AuthScheme.Basic, null, null));

    [Theory]
    [InlineData("")]
    [InlineData("Negotiate")]
    [InlineData("Bearer")]
    [InlineData("Bearer service=\"s\"")]
    [InlineData(",,,=,\"")]
    [InlineData("=a")]
    public void Find_Other_IsNone(string header) => Find(header).ShouldBeNull();

    [Fact]
    public void Find_SeveralHeaders_BearerWins()
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", ["Bearer realm=\"r\"", "Basic realm=\"x\""]);

        AuthChallenge.Find(response)!.Scheme.ShouldBe(AuthScheme.Bearer);
    }

    private static AuthChallenge? Find(string header)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        return AuthChallenge.Find(response);
    }
}

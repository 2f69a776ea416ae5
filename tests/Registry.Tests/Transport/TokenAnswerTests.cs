using System.Text;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Transport;

public sealed class TokenAnswerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"token":"t","expires_in":300}""", 270)]
    [InlineData("""{"token":"t","expires_in":"300"}""", 270)]
    [InlineData("""{"token":"t"}""", 54)]
    [InlineData("""{"token":"t","expires_in":0}""", 54)]
    [InlineData("""{"token":"t","expires_in":-300}""", 54)]
    [InlineData("""{"token":"t","expires_in":null}""", 54)]
    [InlineData("""{"token":"t","expires_in":"NaN"}""", 54)]
    [InlineData("""{"token":"t","expires_in":1e300}""", 77760)]
    [InlineData("""{"token":"t","expires_in":"Infinity"}""", 77760)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":"2026-01-01T12:00:00Z"}""", 270)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":"2026-01-01T11:58:20Z"}""", 189)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":"2026-01-01T14:00:00+02:00"}""", 270)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":"2026-01-01T13:00:00Z"}""", 270)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":"1970-01-01T00:00:00Z"}""", 270)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":"yesterday"}""", 270)]
    [InlineData("""{"token":"t","expires_in":300,"issued_at":7}""", 270)]
    public void Lifetime_IsALittleLessThanTold_AndNeverAbsurd(string json, double seconds) =>
        TokenAnswer.Read(Encoding.UTF8.GetBytes(json), Now)!.Lifetime.TotalSeconds.ShouldBe(seconds, 0.001);

    [Theory]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":null,"access_token":" "}""")]
    [InlineData("""{"token":"a\nb"}""")]
    [InlineData("""{"Token":"a"}""")]
    public void Token_EmptyOrUnfitForAHeader_IsNone(string json) => TokenAnswer.Read(Encoding.UTF8.GetBytes(json), Now).ShouldBeNull();

    [Theory]
    [InlineData("""{"token":"","access_token":"a"}""", "a")]
    [InlineData("""{"token":"t","access_token":"a"}""", "t")]
    public void Token_IsTheFirstThatThereIs(string json, string expected) => TokenAnswer.Read(Encoding.UTF8.GetBytes(json), Now)!.Token.ShouldBe(expected);

    [Fact]
    public void RefreshToken_UnfitForUse_IsLeftOut()
    {
        TokenAnswer.Read("""{"token":"t","refresh_token":"r"}"""u8.ToArray(), Now)!.RefreshToken.ShouldBe("r");
        TokenAnswer.Read("""{"token":"t","refresh_token":"r r"}"""u8.ToArray(), Now)!.RefreshToken.ShouldBeNull();
    }

    [Fact]
    public void Scopes_OfOneRepository_AreOne()
    {
        RegistryScope[] scopes = [RegistryScope.Pull("b"), RegistryScope.PullAndPush("a"), RegistryScope.Pull("a"), RegistryScope.Delete("a")];

        RegistryScope.Merge(scopes).ShouldBe(["repository:a:delete,pull,push", "repository:b:pull"]);
    }
}

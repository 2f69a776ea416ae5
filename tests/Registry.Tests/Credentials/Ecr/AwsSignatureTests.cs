using System.Globalization;
using Amazon.Runtime;
using ImageBuilder.Registry.Credentials.Ecr;

namespace ImageBuilder.Registry.Tests.Credentials.Ecr;

/// <summary>The facts that AWS publishes of Signature Version 4: its test suite, and the derived keys of its documentation.</summary>
public sealed class AwsSignatureTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.Parse("2015-08-30T12:36:00Z", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    public void Sign_VanillaRequestOfTheSuite_HasItsSignature(string method, string signature)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "https://example.amazonaws.com/");

        AwsSignature.Sign(request, [], new ImmutableCredentials(FakeAws.AccessKey, FakeAws.Secret, null), "us-east-1", "service", Time);

        request.Headers.NonValidated["Authorization"].ToString().ShouldBe(
            $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}");
        request.Headers.NonValidated["X-Amz-Date"].ToString().ShouldBe("20150830T123600Z");
        request.Headers.Host.ShouldBe("example.amazonaws.com");
    }

    [Fact]
    public void Sign_SessionTokenOfTheSuite_IsSigned()
    {
        const string Session = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://example.amazonaws.com/");

        AwsSignature.Sign(request, [], new ImmutableCredentials(FakeAws.AccessKey, FakeAws.Secret, Session), "us-east-1", "service", Time);

        request.Headers.NonValidated["Authorization"].ToString().ShouldEndWith("Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
    }

    [Theory]
    [InlineData("20150830/us-east-1/iam/aws4_request", "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9")]
    [InlineData("20120215/us-east-1/iam/aws4_request", "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")]
    public void KeyFor_ScopeOfTheDocumentation_IsItsKey(string scope, string key) =>
        Convert.ToHexStringLower(AwsSignature.KeyFor(FakeAws.Secret, scope)).ShouldBe(key);
}

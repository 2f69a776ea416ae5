using System.Net;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("localhost:8080", "127.0.0.1", 8080)]
    [InlineData("0.0.0.0:80", "0.0.0.0", 80)]
    [InlineData("127.0.0.1:0", "127.0.0.1", 0)]
    [InlineData("[::1]:8080", "::1", 8080)]
    [InlineData("[::]:65535", "::", 65535)]
    public void Parse_GoAddress_IsWhatToBind(string text, string address, int port)
    {
        var parsed = ListenAddress.Parse(text);

        parsed.EndPoint.ShouldBe(new IPEndPoint(IPAddress.Parse(address), port));
        parsed.ToString().ShouldBe(text);
    }

    [Fact]
    public void Parse_NoHost_IsEveryAddress() =>
        ListenAddress.Parse(":8080").EndPoint.Address.ShouldBeOneOf(IPAddress.IPv6Any, IPAddress.Any);

    [Theory]
    [InlineData("")]
    [InlineData("8080")]
    [InlineData(":")]
    [InlineData(":65536")]
    [InlineData(":-1")]
    [InlineData(": 80")]
    [InlineData(":http")]
    [InlineData("::1:8080")]
    [InlineData("[127.0.0.1]:8080")]
    [InlineData("127.1:8080")]
    [InlineData("010.0.0.1:8080")]
    [InlineData("example.com:8080")]
    [InlineData("http://localhost:8080")]
    public void Parse_AnythingElse_IsRefused(string text) => Should.Throw<FormatException>(() => ListenAddress.Parse(text));

    [Theory]
    [InlineData(":80", ":80", true)]
    [InlineData("[::]:80", "127.0.0.1:80", true)]
    [InlineData("127.0.0.1:80", "0.0.0.0:80", true)]
    [InlineData("localhost:80", "127.0.0.1:80", true)]
    [InlineData("127.0.0.1:80", "127.0.0.2:80", false)]
    [InlineData("0.0.0.0:80", "[::1]:80", false)]
    [InlineData(":80", ":81", false)]
    [InlineData(":0", ":0", false)]
    public void Overlaps_TwoAddresses_IsWhetherBothCannotBeHad(string one, string other, bool overlap)
    {
        ListenAddress.Parse(one).Overlaps(ListenAddress.Parse(other)).ShouldBe(overlap);
        ListenAddress.Parse(other).Overlaps(ListenAddress.Parse(one)).ShouldBe(overlap);
    }
}

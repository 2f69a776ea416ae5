using System.Net;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Transport;

public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("https://registry.example.com/", "http://secure:3129/")]
    [InlineData("http://registry.example.com/", "http://plain:3128/")]
    [InlineData("https://127.0.0.1:5000/", null)]
    [InlineData("https://localhost:5000/", null)]
    [InlineData("https://[::1]:5000/", null)]
    public void GetProxy_IsByScheme_AndNeverForLoopback(string address, string? expected) =>
        (Read(("http_proxy", "http://plain:3128"), ("HTTPS_PROXY", "secure:3129"))!.GetProxy(new Uri(address))?.ToString()).ShouldBe(expected);

    [Fact]
    public void Read_NoVariable_IsNone() => Read(("HTTPS_PROXY", ""), ("NO_PROXY", "*")).ShouldBeNull();

    [Fact]
    public void Read_LowerCaseBeforeUpperCase_AndOneForAll()
    {
        var proxy = Read(("https_proxy", "http://lower"), ("HTTPS_PROXY", "http://upper"), ("ALL_PROXY", "socks5://all:1080"))!;

        proxy.GetProxy(new Uri("https://a.example.com/")).ShouldBe(new Uri("http://lower/"));
        proxy.GetProxy(new Uri("http://a.example.com/")).ShouldBe(new Uri("socks5://all:1080/"));
    }

    [Theory]
    [InlineData("example.com", "https://example.com/", true)]
    [InlineData("example.com", "https://registry.EXAMPLE.com/", true)]
    [InlineData("example.com", "https://badexample.com/", false)]
    [InlineData("example.com", "https://example.com.evil/", false)]
    [InlineData(".example.com", "https://registry.example.com/", true)]
    [InlineData(".example.com", "https://example.com/", false)]
    [InlineData("*.example.com", "https://registry.example.com/", true)]
    [InlineData("registry.example.com:5000", "https://registry.example.com:5000/", true)]
    [InlineData("registry.example.com:5000", "https://registry.example.com/", false)]
    [InlineData("a, b ,example.com", "https://example.com/", true)]
    [InlineData("*", "https://example.com/", true)]
    [InlineData("10.0.0.0/8", "https://10.1.2.3/", true)]
    [InlineData("10.0.0.0/8", "https://11.1.2.3/", false)]
    [InlineData("10.1.2.3", "https://10.1.2.3:5000/", true)]
    [InlineData("10.1.2.3:5000", "https://10.1.2.3:5000/", true)]
    [InlineData("10.1.2.3:5000", "https://10.1.2.3/", false)]
    [InlineData("fd00::/8", "https://[fd00::1]/", true)]
    [InlineData("", "https://example.com/", false)]
    public void NoProxy_Listed_IsReachedDirectly(string rules, string address, bool direct) =>
        Read(("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", rules))!.IsBypassed(new Uri(address)).ShouldBe(direct);

    [Fact]
    public void Read_UserAndPassword_AreItsCredentialsAndNotInItsAddress()
    {
        var proxy = Read(("HTTPS_PROXY", "http://joe:p%40ss@proxy:3128"))!;

        var address = proxy.GetProxy(new Uri("https://example.com/"))!;
        address.ShouldBe(new Uri("http://proxy:3128/"));
        proxy.Credentials!.GetCredential(address, "Basic")!.Password.ShouldBe("p@ss");
        proxy.Credentials.GetCredential(new Uri("http://other:3128/"), "Basic").ShouldBeNull();
    }

    [Theory]
    [InlineData("ftp://proxy")]
    [InlineData("http://")]
    [InlineData("http://joe:s3cret@:x")]
    public void Read_NoAddress_IsAnErrorThatNamesTheVariable(string value)
    {
        var error = Should.Throw<TransportSettingsException>(() => Read(("HTTPS_PROXY", value)));

        error.Message.ShouldContain("https_proxy");
        error.ToString().ShouldNotContain("s3cret");
    }

    private static EnvironmentProxy? Read(params (string Name, string Value)[] variables) =>
        EnvironmentProxy.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}

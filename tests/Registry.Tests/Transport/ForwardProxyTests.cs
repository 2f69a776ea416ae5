using System.Net;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>Requests through the proxies of the environment, to hosts that only the proxy can find.</summary>
public sealed class ForwardProxyTests
{
    [Fact]
    public async Task Tls_GoesThroughConnect_AndTheCertificateIsTheRegistrys()
    {
        var folder = Directory.CreateTempSubdirectory("forward-proxy-");
        using var authority = PrivateAuthority.Create(folder.FullName);
        await using var registry = await TlsRegistry.StartAsync(authority.Issue("server", "registry.example.com"));
        await using var proxy = new ForwardProxy(registry.Port) { WantsLogin = true };
        using var invoker = Invoker(CaBundles.Read([authority.CertificateFile]), ("HTTPS_PROXY", $"http://joe:p%40ss@{proxy.Address}"));

        using var answer = await invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://registry.example.com/v2/"), CancellationToken.None);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        proxy.Asked.Distinct().ShouldBe(["CONNECT registry.example.com:443 HTTP/1.1"]);
        proxy.Logins.ShouldContain("Basic " + Convert.ToBase64String("joe:p@ss"u8));
        using var other = new HttpRequestMessage(HttpMethod.Get, "https://other.example.com/v2/");
        await Should.ThrowAsync<HttpRequestException>(() => invoker.SendAsync(other, CancellationToken.None));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task PlainHttp_GoesThroughTheProxy_AndLoopbackDoesNot()
    {
        await using var registry = await FaultyRegistry.StartAsync();
        await using var proxy = new ForwardProxy(new Uri(registry.Address).Port);
        using var invoker = Invoker(CaBundles.Read([]), ("HTTP_PROXY", proxy.Address), ("NO_PROXY", "direct.example.com"));

        using var through = await invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://registry.example.com/v2/"), CancellationToken.None);
        using var direct = await invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"{registry.Address}/v2/"), CancellationToken.None);

        through.StatusCode.ShouldBe(HttpStatusCode.OK);
        direct.StatusCode.ShouldBe(HttpStatusCode.OK);
        proxy.Asked.ShouldBe(["GET http://registry.example.com/v2/ HTTP/1.1"]);
        registry.Requests.Count.ShouldBe(2);
    }

    private static HttpMessageInvoker Invoker(CaBundles authorities, params (string Name, string Value)[] variables) =>
        new(RegistryHttpHandler.Create(authorities, EnvironmentProxy.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value)));
}

using System.Net;
using System.Net.Sockets;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Transport;

public sealed class ForeignAddressRuleTests
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["registry.example.com"] = "203.0.113.1",
        ["auth.example.com"] = "203.0.113.2",
        ["registry.internal"] = "10.0.0.1",
        ["auth.internal"] = "10.0.0.2",
        ["rebound.example.com"] = "127.0.0.1",
        ["metadata.internal"] = "169.254.169.254",
        ["mapped.example.com"] = "::ffff:10.0.0.1",
        ["registry.internal."] = "10.0.0.1",
        ["mixed.example.com"] = "203.0.113.3,10.0.0.3",
    };

    [Theory]
    [InlineData("https://registry.example.com/", "https://registry.example.com/token")]
    [InlineData("https://registry.example.com/", "https://registry.example.com:8443/token")]
    [InlineData("https://registry.example.com/", "https://auth.example.com/token")]
    [InlineData("https://registry.example.com/", "https://198.51.100.7/token")]
    [InlineData("https://registry.internal/", "https://auth.internal/token")]
    [InlineData("https://registry.internal/", "https://auth.example.com/token")]
    [InlineData("https://10.0.0.1/", "https://10.0.0.2/token")]
    [InlineData("http://localhost:5000/", "http://127.0.0.1:5001/token")]
    [InlineData("http://127.0.0.1:5000/", "https://auth.internal/token")]
    [InlineData("http://registry.internal/", "http://registry.internal:5001/token")]
    [InlineData("http://registry.internal/", "http://listed.internal/token")]
    [InlineData("https://registry.example.com/", "https://not-to-be-found.example.com/token")]
    public async Task CheckAsync_AllowedAddress_Returns(string registry, string target) => await CheckAsync(registry, target);

    [Theory]
    [InlineData("https://registry.example.com/", "http://registry.example.com/token", "not https")]
    [InlineData("https://registry.example.com/", "http://auth.example.com/token", "not https")]
    [InlineData("https://registry.example.com/", "http://listed.internal/token", "not https")]
    [InlineData("http://localhost:5000/", "http://auth.example.com/token", "not https")]
    [InlineData("http://registry.internal/", "http://auth.internal/token", "not https")]
    [InlineData("http://registry.internal/", "http://127.0.0.1/token", "not https")]
    [InlineData("https://registry.example.com/", "https://u:p@auth.example.com/token", "plain https address")]
    [InlineData("https://registry.example.com/", "file:///etc/passwd", "plain https address")]
    [InlineData("https://registry.example.com/", "ftp://auth.example.com/", "plain https address")]
    [InlineData("https://registry.example.com/", "https://auth.internal/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://mapped.example.com/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://rebound.example.com/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://localhost/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://127.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[::1]/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://0.0.0.0/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://192.168.1.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://172.20.0.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://100.64.0.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[fd00::1]/token", "inside this network")]
    [InlineData("https://registry.internal/", "https://localhost/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://localhost./token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://any.localhost/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://2130706433/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://0x7f.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://0177.0.0.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://0xa000001/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://012.0.0.1/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://10.0.0.1./token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[::ffff:10.0.0.1]/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[::ffff:a00:1]/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[64:ff9b::10.0.0.1]/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[2002:a00:1::]/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://[::]/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://registry.internal./token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://mixed.example.com/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://@auth.internal/token", "inside this network")]
    [InlineData("https://registry.example.com/", "https://registry.example.com@auth.internal/token", "plain https address")]
    [InlineData("https://registry.example.com/", "https://[64:ff9b::a9fe:a9fe]/token", "link-local")]
    [InlineData("https://registry.internal/", "https://2852039166/token", "link-local")]
    [InlineData("http://localhost:5000/", "gopher://127.0.0.1:6379/_SET", "plain https address")]
    [InlineData("https://registry.example.com/", "unix:///var/run/docker.sock", "plain https address")]
    [InlineData("https://registry.internal/", "https://169.254.169.254/token", "link-local")]
    [InlineData("https://registry.internal/", "https://metadata.internal/token", "link-local")]
    [InlineData("http://localhost:5000/", "https://[fe80::1]/token", "link-local")]
    public async Task CheckAsync_OtherAddress_IsRefusedWithTheReason(string registry, string target, string reason)
    {
        var error = await Should.ThrowAsync<RegistryException>(() => CheckAsync(registry, target));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.Message.ShouldContain(reason);
        error.Message.ShouldNotContain("/token");
        error.Message.ShouldNotContain("u:p");
    }

    private static Task<AddressReach?> CheckAsync(string registry, string target) =>
        new ForeignAddressRule(new PlainHttpRule(["listed.internal"]), ResolveAsync).CheckAsync("the registry", new Uri(registry), new Uri(target), "token endpoint", default);

    private static Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        Names.TryGetValue(name, out var address) ? Task.FromResult<IPAddress[]>([.. address.Split(',').Select(IPAddress.Parse)]) : throw new SocketException((int)SocketError.HostNotFound);
}

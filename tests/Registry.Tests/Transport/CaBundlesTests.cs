using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>Certificate authorities of bundles, against servers that they vouch for and servers that they do not.</summary>
public sealed class CaBundlesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ca-bundles-");
    private readonly PrivateAuthority _one;
    private readonly PrivateAuthority _two;

    public CaBundlesTests() => (_one, _two) = (Authority("one"), Authority("two"));

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Connect_AnyAuthorityOfAnyBundle_IsTrusted()
    {
        await using var first = await TlsRegistry.StartAsync(_one.Issue("server"));
        await using var second = await TlsRegistry.StartAsync(_two.Issue("server"));
        using var third = Authority("three");
        await using var others = await TlsRegistry.StartAsync(third.Issue("server"));
        using var client = Client(Write("both.pem", $"# a note\n{Pem(_one)}\n\n{Pem(_two)}"), Write("more.pem", Pem(third)));

        await PingAsync(client, $"127.0.0.1:{first.Port}");
        await PingAsync(client, $"localhost:{second.Port}");
        await PingAsync(client, $"127.0.0.1:{others.Port}");
    }

    [Fact]
    public async Task Connect_OtherAuthority_IsRefusedAfterOneTry()
    {
        await using var registry = await TlsRegistry.StartAsync(_two.Issue("server"));
        using var client = Client(Write("one.pem", Pem(_one)));

        var error = await Should.ThrowAsync<RegistryException>(() => PingAsync(client, $"127.0.0.1:{registry.Port}"));

        error.Error.ShouldBe(RegistryError.Unavailable);
        error.Message.ShouldContain("no TLS connection");
    }

    [Fact]
    public async Task Connect_CertificateIsAnotherHosts_IsRefused()
    {
        await using var registry = await TlsRegistry.StartAsync(_one.Issue("server", "registry.example.com"));
        using var client = Client(Write("one.pem", Pem(_one)));

        (await Should.ThrowAsync<RegistryException>(() => PingAsync(client, $"127.0.0.1:{registry.Port}"))).Message.ShouldContain("RemoteCertificateNameMismatch");
    }

    [Fact]
    public async Task Connect_BundleHasChanged_IsReadAgain()
    {
        await using var first = await TlsRegistry.StartAsync(_one.Issue("server"));
        await using var second = await TlsRegistry.StartAsync(_two.Issue("server"));
        var path = Write("changing.pem", Pem(_one));
        using var client = Client(path);
        await PingAsync(client, $"127.0.0.1:{first.Port}");
        await Should.ThrowAsync<RegistryException>(() => PingAsync(client, $"127.0.0.1:{second.Port}"));

        Write("changing.pem", $"{Pem(_two)}\n\n");

        await PingAsync(client, $"127.0.0.1:{second.Port}");
    }

    [Theory]
    [InlineData("nothing here")]
    [InlineData("-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n")]
    public async Task Connect_BundleHasBecomeUnreadable_WhatWasTrustedStaysSo(string content)
    {
        await using var registry = await TlsRegistry.StartAsync(_one.Issue("server"));
        var path = Write("changing.pem", Pem(_one));
        using var client = Client(path);
        Write("changing.pem", content);

        await PingAsync(client, $"127.0.0.1:{registry.Port}");
        File.Delete(path);
        await PingAsync(client, $"localhost:{registry.Port}").ContinueWith(_ => { }, TaskScheduler.Default);
        await PingAsync(client, $"127.0.0.1:{registry.Port}");
    }

    [Fact]
    public void Start_BundleCannotBeRead_IsAnErrorThatNamesIt()
    {
        Message(Path.Combine(_folder.FullName, "missing.pem")).ShouldContain("missing.pem");
        Message(Write("empty.pem", "")).ShouldContain("holds no certificate");
        Message(Write("broken.pem", "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n")).ShouldContain("broken.pem cannot be read");
        Message(Write("huge.pem", new string('x', (8 << 20) + 1))).ShouldContain("8 MiB");
    }

    private static string Pem(PrivateAuthority authority) => File.ReadAllText(authority.CertificateFile);

    private static string Message(string path) => Should.Throw<TransportSettingsException>(() => Client(path)).Message;

    private static Task<Manifest> PingAsync(RegistryClient client, string host) => client.GetManifestAsync(ImageReference.Parse($"{host}/a:1"), null);

    private static RegistryClient Client(params string[] bundles) => new(new RegistryTransportOptions { CaBundles = [.. bundles], Retries = 0 });

    private PrivateAuthority Authority(string name) => PrivateAuthority.Create(Path.Combine(_folder.FullName, name));

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}

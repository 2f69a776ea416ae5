using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Proxy;

/// <summary>The proxy between the field's own clients, which have no credential, and Docker's own registry.</summary>
public sealed class RealRegistryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NeedsProgramsTheory("docker-registry", "skopeo")]
    [InlineData(RegistryLogin.Open, false, false)]
    [InlineData(RegistryLogin.Password, true, true)]
    [InlineData(RegistryLogin.Token, false, false)]
    public async Task Skopeo_PullsAndPushes_TheImageArrivesAsItWas(RegistryLogin login, bool tls, bool proxyAsksForPassword)
    {
        await using var registry = await StartAsync(login, tls);
        var key = proxyAsksForPassword ? ProxyKey.New() : null;
        await using var proxy = await ServeAsync(registry, key);
        var image = await BaseImage.PushAsync(registry);
        _folder.Write("auth.json", key is null ? "{}" : $$"""{"auths":{"{{proxy.Address}}":{"auth":"{{key.Login.Auth}}"} } }""");

        await CopyAsync($"docker://{proxy.Address}/ns/{ProxyRouter.NamedPath(registry.Host)}/{BaseImage.Repository}:1", $"dir:{_folder["pulled"]}");
        await CopyAsync($"dir:{_folder["pulled"]}", $"docker://{proxy.Address}/target:latest");
        await CopyAsync($"docker://{proxy.Address}/target:latest", $"dir:{_folder["again"]}");

        (await InspectAsync(registry, $"{registry.Host}/org/ws:2")).ShouldBe(await InspectAsync(registry, image));
        (await Command.RunAsync("diff", ["-r", _folder["pulled"], _folder["again"]])).Output.ShouldBeEmpty();
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [InlineData(RegistryLogin.Open, false)]
    [InlineData(RegistryLogin.Password, true)]
    [InlineData(RegistryLogin.Token, false)]
    public async Task Buildah_PullsAndPushes_TheRegistryHasTheImage(RegistryLogin login, bool tls)
    {
        await using var registry = await StartAsync(login, tls);
        await using var proxy = await ServeAsync(registry);
        await BaseImage.PushAsync(registry);
        var policy = _folder.Write("policy.json", """{"default":[{"type":"insecureAcceptAnything"}]}""");
        string[] storage = ["--root", _folder["storage"], "--runroot", _folder["run"], "--storage-driver", "vfs"];
        string[] trust = ["--tls-verify=false", "--signature-policy", policy, "--authfile", _folder.Write("none.json", "{}")];

        var id = await Command.CheckAsync("buildah", [.. storage, "pull", "--quiet", .. trust, $"docker://{proxy.Address}/ns/{ProxyRouter.NamedPath(registry.Host)}/{BaseImage.Repository}:1"]);
        await Command.CheckAsync("buildah", [.. storage, "push", "--quiet", .. trust, id, $"docker://{proxy.Address}/target:latest"]);

        var manifest = JsonNode.Parse(await InspectAsync(registry, $"{registry.Host}/org/ws:2"))!;
        manifest["config"]!["digest"]!.ToString().ShouldBe($"sha256:{id}");
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildkitd", "buildctl", "runc")]
    [InlineData(RegistryLogin.Open, false)]
    [InlineData(RegistryLogin.Password, true)]
    [InlineData(RegistryLogin.Token, false)]
    public async Task Buildctl_PullsAndPushes_TheRegistryHasTheImage(RegistryLogin login, bool tls)
    {
        await using var registry = await StartAsync(login, tls);
        await using var proxy = await ServeAsync(registry);
        var image = await BaseImage.PushAsync(registry);
        await using var daemon = await BuildKitDaemon.StartAsync(
            await BuildKitRoot.TakeAsync(_folder["buildkit"], CancellationToken.None), new BuildKitDaemonSettings { CacheLimit = 1 << 30 }, TimeProvider.System, CancellationToken.None);
        var context = Path.GetDirectoryName(_folder.Write("context/pushed", "through the proxy"))!;
        async Task BuildAsync(string dockerfile, string output)
        {
            _folder.Write("context/Dockerfile", dockerfile);
            await Command.CheckAsync("buildctl", ["--addr", daemon.Address, "build", "--frontend", "dockerfile.v0", "--local", $"context={context}", "--local", $"dockerfile={context}", "--output", output]);
        }

        await BuildAsync($"FROM {proxy.Address}/ns/{ProxyRouter.NamedPath(registry.Host)}/{BaseImage.Repository}:1\nCOPY pushed /pushed\n", $"type=image,name={proxy.Address}/target:latest,push=true,oci-mediatypes=true");
        await BuildAsync($"FROM {proxy.Address}/target:latest\n", $"type=local,dest={_folder["pulled"]}");

        (await File.ReadAllTextAsync(_folder["pulled/pushed"])).ShouldBe("through the proxy");
        async Task<List<string>> LayersAsync(string of) => [.. JsonNode.Parse(await InspectAsync(registry, of))!["layers"]!.AsArray().Select(layer => layer!["digest"]!.ToString())];
        var layers = await LayersAsync($"{registry.Host}/org/ws:2");
        layers.SkipLast(1).ShouldBe(await LayersAsync(image));
    }

    [NeedsProgramsFact("docker-registry")]
    public async Task Upload_ManyAtATimeOfUnknownLength_AllArrive()
    {
        await using var registry = await StartAsync(RegistryLogin.Token, tls: false);
        await using var proxy = await ServeAsync(registry);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{proxy.Address}") };
        var blobs = Enumerable.Range(0, 8).Select(_ => RandomNumberGenerator.GetBytes(5_000_000)).ToList();

        // The registry compares each with its digest.
        await Task.WhenAll(blobs.Select(async blob => await LayeredImage.PushBlobAsync(client, "target", Digest.Compute(blob).ToString(), PipeReader.Create(new MemoryStream(blob)).AsStream(), CancellationToken.None)));

        foreach (var blob in blobs)
        {
            (await client.GetByteArrayAsync(new Uri($"/v2/target/blobs/{Digest.Compute(blob)}", UriKind.Relative))).ShouldBe(blob);
        }
    }

    private Task<RegistryServer> StartAsync(RegistryLogin login, bool tls) =>
        RegistryServer.StartAsync(_folder["registry"], new RegistryServerOptions { Login = login, Tls = tls });

    private static async Task<ProxyServer> ServeAsync(RegistryServer registry, ProxyKey? key = null)
    {
        var proxy = await ProxyServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), new RegistryTransportOptions { CaBundles = registry.AuthorityFile is { } authority ? [authority] : [] }, key: key);
        var own = new JsonObject { [registry.Host] = new JsonObject { ["auth"] = registry.Auth } };
        proxy.Serve(new ProxyRouter(
            [new ProxyAlias(ProxyAlias.Target, ImageReference.Parse($"{registry.Host}/org/ws:2"))],
            ProxyCredentials.Parse(new JsonObject { ["auths"] = own.DeepClone() }.ToJsonString(), own.ToJsonString())));
        return proxy;
    }

    private Task<string> CopyAsync(string from, string to) => Command.CheckAsync(
        "skopeo", ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", "--authfile", _folder["auth.json"], from, to]);

    private static Task<string> InspectAsync(RegistryServer registry, string image) =>
        Command.CheckAsync("skopeo", ["inspect", "--raw", "--tls-verify=false", "--authfile", registry.AuthFile, $"docker://{image}"]);
}

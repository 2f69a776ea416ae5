using System.Text;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Tests.Proxy;

public sealed class ProxyRouterTests
{
    private const string Digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

    private readonly ProxyRouter _router = Router("r.example/org/base:b1", "r.example/org/ws:t1");

    [Theory]
    [InlineData("GET", "/v2/base/manifests/latest", "", "/v2/org/base/manifests/b1")]
    [InlineData("GET", "/v2/base/manifests/" + Digest, "", "/v2/org/base/manifests/b1")]
    [InlineData("PUT", "/v2/target/manifests/latest", "", "/v2/org/ws/manifests/t1")]
    [InlineData("GET", "/v2/base/blobs/" + Digest, "", "/v2/org/base/blobs/" + Digest)]
    [InlineData("PATCH", "/v2/target/blobs/uploads/1-2", "?_state=a%3D%3D", "/v2/org/ws/blobs/uploads/1-2?_state=a%3D%3D")]
    [InlineData("PUT", "/target/v2/org/ws/blobs/uploads/1", "?digest=x", "/v2/org/ws/blobs/uploads/1?digest=x")]
    [InlineData("PUT", "/target/v2/org/ws/manifests/other", "", "/v2/org/ws/manifests/t1")]
    [InlineData("PUT", "/target/uploads/x/y", "?z", "/uploads/x/y?z")]
    [InlineData("POST", "/v2/target/blobs/uploads/", "?mount=" + Digest + "&from=base", "/v2/org/ws/blobs/uploads/?mount=" + Digest + "&from=org%2Fbase")]
    [InlineData("POST", "/v2/target/blobs/uploads/", "?mount=" + Digest + "&from=org/secret", "/v2/org/ws/blobs/uploads/")]
    public void Find_Alias_GoesToItsRepository(string method, string path, string query, string expected)
    {
        var route = _router.Find(method, path, query).ShouldNotBeNull();

        route.Registry.ShouldBe("r.example");
        route.PathAndQuery.ShouldBe(expected);
        route.Credential!.Username.ShouldBe("installation");
    }

    [Fact]
    public void Find_MountFromAnotherRegistry_BecomesAnUpload() =>
        Router("other.example/base:1", "r.example/org/ws:t1").Find("POST", "/v2/target/blobs/uploads/", $"?mount={Digest}&from=base")!
            .PathAndQuery.ShouldBe("/v2/org/ws/blobs/uploads/");

    [Fact]
    public void Find_AliasOfADigest_IsAskedAsItWas() =>
        Router($"r.example/org/base@{Digest}", "r.example/org/ws:t1").Find("GET", $"/v2/base/manifests/{Digest}", "")!
            .PathAndQuery.ShouldBe($"/v2/org/base/manifests/{Digest}");

    [Theory]
    [InlineData("GET", "manifests/other", "manifests/alice")]
    [InlineData("HEAD", "manifests/" + Digest, "manifests/" + Digest)]
    [InlineData("PUT", "manifests/" + Digest, "manifests/alice")]
    [InlineData("PUT", "manifests/bob", "manifests/alice")]
    [InlineData("GET", "blobs/" + Digest, "blobs/" + Digest)]
    [InlineData("POST", "blobs/uploads/", "blobs/uploads/")]
    [InlineData("PATCH", "blobs/uploads/1", "blobs/uploads/1")]
    [InlineData("GET", "tags/list", null)]
    [InlineData("DELETE", "manifests/alice", null)]
    [InlineData("DELETE", "blobs/" + Digest, null)]
    [InlineData("GET", "referrers/" + Digest, null)]
    public void Find_Cache_IsOneTagAndNothingElse(string method, string path, string? expected)
    {
        var router = new ProxyRouter([ProxyAlias.OfCache(ImageReference.Parse("r.example/org/caches:alice"))], ProxyCredentials.None);

        (router.Find(method, $"/v2/cache/{path}", "")?.PathAndQuery).ShouldBe(expected is null ? null : $"/v2/org/caches/{expected}");
        (router.Find(method, $"/cache/v2/org/caches/{path}", "")?.PathAndQuery).ShouldBe(expected is null ? null : $"/v2/org/caches/{expected}");
        router.Find(method, "/cache/api/v2.0/users", "").ShouldBeNull();
    }

    [Theory]
    [InlineData("HEAD", "/v2/target-by-digest/manifests/" + Digest, "", "/v2/org/ws/manifests/" + Digest)]
    [InlineData("GET", "/v2/target-by-digest/manifests/" + Digest, "", null)]
    [InlineData("PUT", "/v2/target-by-digest/manifests/" + Digest, "", null)]
    [InlineData("DELETE", "/v2/target-by-digest/manifests/" + Digest, "", null)]
    [InlineData("POST", "/v2/target-by-digest/manifests/" + Digest, "", null)]
    [InlineData("HEAD", "/v2/target-by-digest/manifests/" + Digest, "?x=y", null)]
    [InlineData("HEAD", "/v2/target-by-digest/manifests/other", "", null)]
    [InlineData("HEAD", "/v2/target-by-digest/manifests/sha256:0123", "", null)]
    [InlineData("HEAD", "/v2/target-by-digest/manifests/../tags/list", "", null)]
    [InlineData("HEAD", "/v2/target-by-digest/manifests/" + Digest + "/x", "", null)]
    [InlineData("HEAD", "/v2/target-by-digest/blobs/" + Digest, "", null)]
    [InlineData("GET", "/v2/target-by-digest/blobs/" + Digest, "", null)]
    [InlineData("HEAD", "/v2/target-by-digest/referrers/" + Digest, "", null)]
    [InlineData("GET", "/v2/target-by-digest/tags/list", "", null)]
    [InlineData("POST", "/v2/target-by-digest/blobs/uploads/", "", null)]
    [InlineData("HEAD", "/target-by-digest/v2/org/ws/manifests/" + Digest, "", null)]
    public void Find_TargetByDigest_SaysWhetherAManifestIsThereAndNothingElse(string method, string path, string query, string? expected)
    {
        var route = _router.Find(method, path, query);

        (route?.PathAndQuery).ShouldBe(expected);
        (route?.Scopes).ShouldBe(expected is null ? null : [RegistryScope.Pull("org/ws")]);
    }

    [Fact]
    public void Find_TargetByDigestWithoutATarget_IsNowhere() =>
        new ProxyRouter([new ProxyAlias("base", ImageReference.Parse("r.example/org/base:b1"))], ProxyCredentials.None)
            .Find("HEAD", $"/v2/target-by-digest/manifests/{Digest}", "").ShouldBeNull();

    [Fact]
    public void Find_MountFromTargetByDigest_BecomesAnUpload() =>
        _router.Find("POST", "/v2/target/blobs/uploads/", $"?mount={Digest}&from=target-by-digest")!.PathAndQuery.ShouldBe("/v2/org/ws/blobs/uploads/");

    [Fact]
    public void OfCache_Digest_IsRefused() => Should.Throw<FormatException>(() => ProxyAlias.OfCache(ImageReference.Parse($"r.example/org/caches@{Digest}")));

    [Theory]
    [InlineData("/v2/ns/q.example/a/b/manifests/1", "", "q.example", "/v2/a/b/manifests/1")]
    [InlineData("/v2/ns/q.example_5000/a/blobs/" + Digest, "", "q.example:5000", "/v2/a/blobs/" + Digest)]
    [InlineData("/v2/ns/docker.io/busybox/manifests/1", "", "docker.io", "/v2/library/busybox/manifests/1")]
    [InlineData("/v2/a/b/manifests/1", "?ns=q.example", "q.example", "/v2/a/b/manifests/1")]
    [InlineData("/v2/a/manifests/1", "?ns=q.example%3A5000", "q.example:5000", "/v2/a/manifests/1")]
    [InlineData("/v2/base/manifests/1", "?ns=q.example", "q.example", "/v2/base/manifests/1")]
    public void Find_NamedRegistry_GoesThereWithTheRequestsOwnCredentials(string path, string query, string registry, string expected)
    {
        var route = _router.Find("GET", path, query).ShouldNotBeNull();

        (route.Registry, route.PathAndQuery).ShouldBe((registry, expected));
        route.Credential?.Username.ShouldBe("request");
        _router.Find("PUT", path, query).ShouldBeNull();
        _router.Find("POST", path, query).ShouldBeNull();
    }

    [Fact]
    public void Find_NamedRegistryIsTheInstallations_GetsNoneOfItsCredentials() =>
        _router.Find("GET", "/v2/ns/r.example/org/base/manifests/b1", "")!.Credential.ShouldBeNull();

    [Theory]
    [InlineData("/v2/other/manifests/1", "")]
    [InlineData("/base/v2/org/secret/manifests/1", "")]
    [InlineData("/base/v2/_catalog", "")]
    [InlineData("/v2/base/../../org/secret/manifests/1", "")]
    [InlineData("/v2/base/%2e%2e/manifests/1", "")]
    [InlineData("/v2/base/..%2fsecret/manifests/1", "")]
    [InlineData("/v2/ns/q.example/a/blobs/uploads/", "")]
    [InlineData("/v2/ns/q.example/_catalog", "")]
    [InlineData("/v2/ns/nohost/a/manifests/1", "")]
    [InlineData("/v2/a/manifests/1", "?ns=q.example/evil")]
    [InlineData("/v2/a/manifests/1", "?ns=q.example@evil")]
    [InlineData("/base", "")]
    [InlineData("/", "")]
    public void Find_AnythingElse_IsNowhere(string path, string query) => _router.Find("GET", path, query).ShouldBeNull();

    private static ProxyRouter Router(string baseImage, string target) => new(
        [new ProxyAlias("base", ImageReference.Parse(baseImage)), new ProxyAlias("target", ImageReference.Parse(target))],
        ProxyCredentials.Parse($$"""{"auths":{"r.example":{"auth":"{{Auth("installation")}}"} } }""", $$"""{"q.example":{"auth":"{{Auth("request")}}"} }"""));

    private static string Auth(string user) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:x"));
}

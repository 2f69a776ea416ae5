using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Bob.Tests.Build;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Bob.Tests.Proxy;

public sealed class ProxyServerTests
{
    private const string Digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123";
    private const string Manifest = "application/vnd.docker.distribution.manifest.v2+json";

    [Fact]
    public async Task Ping_Always_IsAnswered()
    {
        await using var proxy = await StartAsync("127.0.0.1:1");
        using var client = Client(proxy);

        (await client.GetStringAsync(Relative("v2/"))).ShouldBe("{}");
    }

    [Fact]
    public async Task Get_TokenIsNoLongerTaken_FetchesAFreshOne()
    {
        await using var registry = await FakeRegistry.StartAsync(context => context.Response.WriteAsync("manifest"));
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        (await client.GetStringAsync(Relative("v2/base/manifests/latest"))).ShouldBe("manifest");
        registry.Revoked.Add($"token-{registry.Tokens}");
        (await client.GetStringAsync(Relative("v2/base/manifests/latest"))).ShouldBe("manifest");

        registry.Requests.ShouldContain("GET /v2/org/base/manifests/1");
        registry.Logins.ShouldAllBe(login => login == "Basic " + Auth("u:installation"));
    }

    [Fact]
    public async Task Get_NoTokenIsEverTaken_StopsAfterThreeRetries()
    {
        await using var registry = await FakeRegistry.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        using var answer = await client.GetAsync(Relative("v2/base/manifests/latest"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ShouldBeEmpty();
        registry.Requests.Count(request => request.Contains("manifests", StringComparison.Ordinal)).ShouldBeInRange(2, 4);
    }

    [Fact]
    public async Task Get_NoCredentialsToBeHad_IsForbidden()
    {
        await using var registry = await FakeRegistry.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        using var answer = await client.GetAsync(Relative($"v2/ns/{registry.Host.Replace(':', '_')}/a/manifests/1"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(404, 404)]
    [InlineData(403, 403)]
    [InlineData(502, 500)]
    [InlineData(503, 503)]
    public async Task Get_Status_PassesThroughButForBadGateway(int status, int expected)
    {
        await using var registry = await FakeRegistry.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/v2/" ? 200 : status;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        using var answer = await client.GetAsync(Relative("v2/base/manifests/latest"));

        ((int)answer.StatusCode).ShouldBe(expected);
    }

    [Fact]
    public async Task Get_TooManyRequests_IsAskedAgainWhenTheRegistryAllowsIt()
    {
        var clock = new ManualTimeProvider();
        await using var registry = await StartLimitedAsync(refusals: 2);
        await using var proxy = await StartAsync(registry.Host, clock);
        using var client = Client(proxy);

        var answer = client.GetStringAsync(Relative("v2/base/manifests/latest"));
        await AdvanceUntilAsync(clock, answer);

        (await answer).ShouldBe("manifest");
        registry.Requests.Count(request => request.Contains("manifests", StringComparison.Ordinal)).ShouldBe(3);
        (clock.GetUtcNow() - new ManualTimeProvider().GetUtcNow()).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Get_TooManyRequestsForLong_IsToldWithTheTimeToWait()
    {
        var clock = new ManualTimeProvider();
        await using var registry = await StartLimitedAsync(refusals: int.MaxValue);
        await using var proxy = await StartAsync(registry.Host, clock);
        using var client = Client(proxy);

        var asked = client.GetAsync(Relative("v2/base/manifests/latest"));
        await AdvanceUntilAsync(clock, asked);

        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task Patch_TooManyRequests_IsToldAndTheNextOneWaits()
    {
        var clock = new ManualTimeProvider();
        await using var registry = await StartLimitedAsync(refusals: 1);
        await using var proxy = await StartAsync(registry.Host, clock);
        using var client = Client(proxy);
        using var refused = await client.PatchAsync(Relative("v2/target/blobs/uploads/7"), new StreamContent(new MemoryStream(new byte[8 << 20])));

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(30));
        var next = client.PatchAsync(Relative("v2/target/blobs/uploads/7"), new StreamContent(new MemoryStream(new byte[8 << 20])));
        await AdvanceUntilAsync(clock, next);

        (await next).StatusCode.ShouldBe(HttpStatusCode.OK);
        registry.Requests.Count(request => request.StartsWith("PATCH", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task Put_TokenEndedWhileTheBlobWasOnItsWay_GoesOnWithAFreshOne()
    {
        FakeRegistry? running = null;
        await using var registry = await FakeRegistry.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            if (context.Request.Method == "PATCH")
            {
                running!.Revoked.Add($"token-{running.Tokens}");
            }

            context.Response.StatusCode = context.Request.Method == "PUT" ? StatusCodes.Status201Created : StatusCodes.Status202Accepted;
        });
        running = registry;
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        for (var layer = 0; layer < 3; layer++)
        {
            (await client.PostAsync(Relative("v2/target/blobs/uploads/"), null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await client.PatchAsync(Relative("v2/target/blobs/uploads/7"), new StreamContent(new MemoryStream(new byte[8 << 20])))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await client.PutAsync(Relative($"v2/target/blobs/uploads/7?digest={Digest}"), null)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        registry.Tokens.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData(2, true, 201, 3)]
    [InlineData(int.MaxValue, true, 400, 4)]
    [InlineData(int.MaxValue, false, 400, 1)]
    public async Task PutManifest_ItsBlobIsUnknown_IsSentAgainWhenOnlyForAMoment(int refusals, bool isUnsettled, int expected, int requests)
    {
        var clock = new ManualTimeProvider();
        var refusal = $$"""{"errors":[{{(isUnsettled ? """{"code":"DIGEST_INVALID","message":"x"},""" : string.Empty)}}{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}""";
        var bodies = new ConcurrentQueue<string>();
        await using var registry = await FakeRegistry.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Enqueue(await reader.ReadToEndAsync());
            var isRefused = Interlocked.Decrement(ref refusals) >= 0;
            (context.Response.StatusCode, context.Response.ContentLength) = (isRefused ? 400 : 201, isRefused ? refusal.Length : 0);
            await context.Response.WriteAsync(isRefused ? refusal : string.Empty);
        });
        await using var proxy = await StartAsync(registry.Host, clock);
        using var client = Client(proxy);
        using var body = new StringContent("manifest");

        var put = client.PutAsync(Relative("v2/target/manifests/latest"), body);
        await AdvanceUntilAsync(clock, put);

        using var answer = await put;
        ((int)answer.StatusCode).ShouldBe(expected);
        (await answer.Content.ReadAsStringAsync()).ShouldBe(expected == 400 ? refusal : string.Empty);
        bodies.ShouldBe(Enumerable.Repeat("manifest", requests));
    }

    [Fact]
    public async Task Get_RegistryIsGone_IsAServerErrorThatNamesIt()
    {
        var host = $"127.0.0.1:{FreePort.Choose()}";
        await using var proxy = await StartAsync(host);
        using var client = Client(proxy);

        using var answer = await client.GetAsync(Relative("v2/base/manifests/latest"));

        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(host);
    }

    [Fact]
    public async Task Get_Headers_ArriveWithTheProxysOwn()
    {
        IHeaderDictionary? headers = null;
        await using var registry = await FakeRegistry.StartAsync(context =>
        {
            headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
            context.Response.Headers["Docker-Content-Digest"] = Digest;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        using var request = new HttpRequestMessage(HttpMethod.Head, Relative("v2/base/manifests/latest"))
        {
            Headers = { { "Accept", "application/vnd.oci.image.manifest.v1+json" }, { "Authorization", "Basic stolen" }, { "X-Forwarded-For", "8.8.8.8" } },
        };

        using var answer = await client.SendAsync(request);

        answer.Headers.GetValues("Docker-Content-Digest").ShouldBe([Digest]);
        headers!["X-Forwarded-For"].ToString().ShouldBe("127.0.0.1");
        headers.Accept.ToString().ShouldBe("application/vnd.oci.image.manifest.v1+json");
        headers.Authorization.ToString().ShouldStartWith("Bearer ");
        headers.Host.ToString().ShouldBe(registry.Host);
    }

    [Theory]
    [InlineData("/v2/org/ws/blobs/uploads/7?_state=a%3D", "/v2/target/blobs/uploads/7?_state=a%3D")]
    [InlineData("/elsewhere/7?x=y", "/target/elsewhere/7?x=y")]
    public async Task Post_UploadBegins_ContinuesThroughTheProxy(string location, string expected)
    {
        await using var registry = await FakeRegistry.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        using var answer = await client.PostAsync(Relative("v2/target/blobs/uploads/"), null);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        answer.Headers.Location.ShouldBe(new Uri($"http://{proxy.Address}{expected}"));
    }

    [Fact]
    public async Task Patch_FirstRequestEver_IsAuthorisedBeforeItsBodyIsSent()
    {
        var received = 0L;
        await using var registry = await FakeRegistry.StartAsync(async context =>
        {
            var buffer = new byte[64 << 10];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                received += count;
            }

            context.Response.StatusCode = StatusCodes.Status202Accepted;
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        using var body = new StreamContent(new MemoryStream(new byte[20 << 20]));

        using var answer = await client.PatchAsync(Relative("v2/target/blobs/uploads/7"), body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        received.ShouldBe(20 << 20);
        registry.Requests.Count(request => request.StartsWith("PATCH", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Get_BlobBeginsToFlow_ArrivesBeforeItEnds()
    {
        var goOn = new TaskCompletionSource();
        await using var registry = await FakeRegistry.StartAsync(async context =>
        {
            if (context.Request.Path == "/v2/")
            {
                return;
            }

            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            await goOn.Task;
            await context.Response.WriteAsync("last");
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        using var answer = await client.GetAsync(Relative($"v2/base/blobs/{Digest}"), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var start = new byte[6];
        await body.ReadExactlyAsync(start);
        goOn.SetResult();

        (Encoding.ASCII.GetString(start) + await new StreamReader(body).ReadToEndAsync()).ShouldBe("first last");
    }

    [Fact]
    public async Task Get_BlobLiesOnAnotherHost_IsFetchedFromThereWithoutCredentials()
    {
        string? authorization = null;
        await using var store = await FakeRegistry.StartAsync(
            context =>
            {
                authorization = context.Request.Headers.Authorization.ToString();
                return context.Response.WriteAsync("blob");
            },
            open: true);
        await using var registry = await FakeRegistry.StartAsync(context => RedirectAsync(context, $"http://{store.Host}/signed?by=registry"));
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        (await client.GetStringAsync(Relative($"v2/base/blobs/{Digest}"))).ShouldBe("blob");

        authorization.ShouldBe(string.Empty);
    }

    [Theory]
    [InlineData("https://169.254.169.254/latest/meta-data", "link-local")]
    [InlineData("ftp://127.0.0.1/blob", "https")]
    [InlineData("http://example.com/blob", "https")]
    [InlineData("https://user:s3cret@127.0.0.1/blob", "https")]
    [InlineData("//[", "nowhere")]
    public async Task Get_RegistryRedirectsToWhereNobodyFollows_SaysWhy(string location, string reason)
    {
        await using var registry = await FakeRegistry.StartAsync(context => RedirectAsync(context, location));
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);

        using var answer = await client.GetAsync(Relative($"v2/base/blobs/{Digest}"));

        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(reason);
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("[fd00::1]")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Get_RegistryOfFromOutsideRedirectsIntoTheNetwork_IsRefused(string inside)
    {
        using var folder = new TemporaryFolder();
        // It stands in for a forward proxy, by which a registry outside is reached.
        await using var registry = await FakeRegistry.StartAsync(
            context => context.Request.Path == "/v2/" ? Task.CompletedTask : RedirectAsync(context, $"https://{inside}/blob"), open: true);
        using var proxy = await BuildProxy.StartAsync(
            folder["address"], "base.invalid/base:1", "base.invalid/ws:1", "{}", ["--plain-http", "registry.invalid"], ("http_proxy", $"http://{registry.Host}"));
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Basic", Auth($"bob:{await File.ReadAllTextAsync(proxy.KeyFile)}"));

        using var answer = await client.GetAsync($"http://{proxy.Address}/v2/ns/registry.invalid/lib/app/blobs/{Digest}");

        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("inside this network");
        registry.Requests.ShouldContain($"GET /v2/lib/app/blobs/{Digest}");
    }

    [Fact]
    public async Task Read_MirrorHasIt_ComesFromThere_WithTheMirrorsCredential()
    {
        await using var registry = await FakeRegistry.StartAsync(context => context.Response.WriteAsync("the registry's"));
        await using var mirror = await FakeRegistry.StartAsync(context => context.Response.WriteAsync("the mirror's"));
        await using var proxy = await ProxyServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0),
            new RegistryTransportOptions { Mirrors = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add(registry.Host, [$"{mirror.Host}/hub"]) });
        proxy.Serve(new ProxyRouter(
            [new ProxyAlias("base", ImageReference.Parse($"{registry.Host}/org/base:1")), new ProxyAlias("target", ImageReference.Parse($"{registry.Host}/org/ws:2"))],
            ProxyCredentials.ParseOne($$"""{"auth":{"auths":{"{{registry.Host}}":{"auth":"{{Auth("u:installation")}}"} } },"mirrorAuth":{"{{mirror.Host}}":{"auth":"{{Auth("m:irror")}}"} } }""")));
        using var client = Client(proxy);

        (await client.GetStringAsync(Relative("v2/base/manifests/1"))).ShouldBe("the mirror's");
        (await client.GetStringAsync(Relative($"v2/lib/app/manifests/1?ns={registry.Host}"))).ShouldBe("the mirror's");
        (await client.GetStringAsync(Relative("v2/target/manifests/2"))).ShouldBe("the registry's");

        mirror.Requests.Where(asked => asked != "GET /v2/").ShouldBe(
            [$"GET /v2/hub/org/base/manifests/1?ns={Uri.EscapeDataString(registry.Host)}", $"GET /v2/hub/lib/app/manifests/1?ns={Uri.EscapeDataString(registry.Host)}"]);
        mirror.Logins.Distinct().ShouldBe([$"Basic {Auth("m:irror")}"]);
        registry.Logins.Distinct().ShouldBe([$"Basic {Auth("u:installation")}"]);
        // Who names the mirror itself gets nothing by its credential.
        (await client.GetAsync(Relative($"v2/lib/app/manifests/1?ns={mirror.Host}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        mirror.Logins.Last().ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_MirrorHasItNot_ComesFromTheRegistry()
    {
        await using var registry = await FakeRegistry.StartAsync(context => context.Response.WriteAsync("the registry's"));
        await using var mirror = await FakeRegistry.StartAsync(
            context =>
            {
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
            },
            open: true);
        await using var proxy = await ProxyServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0),
            new RegistryTransportOptions { Mirrors = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add(registry.Host, [mirror.Host]) });
        proxy.Serve(new ProxyRouter([], ProxyCredentials.Parse(null, $$"""{"{{registry.Host}}":{"auth":"{{Auth("u:request")}}"} }""")));
        using var client = Client(proxy);

        (await client.GetStringAsync(Relative($"v2/lib/app/manifests/1?ns={registry.Host}"))).ShouldBe("the registry's");

        mirror.Requests.Count(asked => asked.Contains("/manifests/", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Get_WithoutThePassword_IsRefusedAndTheRegistryIsNotAsked()
    {
        await using var registry = await FakeRegistry.StartAsync(context => context.Response.WriteAsync("manifest"));
        var key = ProxyKey.New();
        await using var proxy = await StartAsync(registry.Host, key: key);
        using var client = Client(proxy);

        foreach (var login in new[] { null, Auth("bob:"), Auth("bob:guess"), Auth($"bob:{ProxyKey.New().Password}") })
        {
            client.DefaultRequestHeaders.Authorization = login is null ? null : new("Basic", login);
            foreach (var path in new[] { "v2/", "v2/base/manifests/latest", $"v2/target-by-digest/manifests/{Digest}", $"v2/ns/{registry.Host.Replace(':', '_')}/a/manifests/1", "nothing" })
            {
                using var answer = await client.GetAsync(Relative(path));
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
                answer.Headers.WwwAuthenticate.ToString().ShouldBe(ProxyKey.Challenge);
            }
        }

        registry.Requests.ShouldBeEmpty();
        client.DefaultRequestHeaders.Authorization = new("Basic", key.Login.Auth);
        (await client.GetStringAsync(Relative("v2/"))).ShouldBe("{}");
        (await client.GetStringAsync(Relative("v2/base/manifests/latest"))).ShouldBe("manifest");
        registry.Logins.ShouldAllBe(login => login == "Basic " + Auth("u:installation"));
    }

    [Fact]
    public async Task Get_BaseAsItWasPushed_IsAnsweredWithoutTheRegistry()
    {
        await using var registry = await StartStoreAsync();
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        await PushAsync(client, "v2/base/manifests/latest", "pushed");

        using var answer = await ReadAsync(client, "v2/base/manifests/latest");

        (await answer.Content.ReadAsStringAsync()).ShouldBe("pushed");
        answer.Headers.GetValues("Docker-Content-Digest").ShouldBe([$"{ImageBuilder.Registry.Names.Digest.Compute("pushed"u8)}"]);
        (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentLength).ShouldBe((Manifest, 6));
        registry.Requests.ShouldNotContain(asked => asked.StartsWith("GET /v2/org", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "v2/target/manifests/latest", Manifest)]
    [InlineData("GET", "v2/base/manifests/latest", "application/vnd.oci.image.manifest.v1+json")]
    [InlineData("HEAD", "v2/base/manifests/latest", Manifest)]
    [InlineData("GET", "v2/base/blobs/" + Digest, Manifest)]
    public async Task Read_SomethingElseThanWhatWasPushed_ComesFromTheRegistry(string method, string path, string accept)
    {
        await using var registry = await StartStoreAsync();
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        await PushAsync(client, "v2/base/manifests/latest", "pushed");

        using var answer = await ReadAsync(client, path, method, accept);

        answer.Headers.GetValues("X-Registry").ShouldBe(["yes"]);
    }

    /// <summary>The target's manifest is no base's; the others may be another manifest.</summary>
    [Theory]
    [InlineData("PUT", "v2/target/manifests/latest")]
    [InlineData("PUT", "v2/base/manifests/latest")]
    [InlineData("DELETE", "v2/base/manifests/latest")]
    [InlineData("POST", "v2/base/blobs/uploads/")]
    public async Task Get_SomethingWasWrittenSince_ComesFromTheRegistry(string method, string path)
    {
        await using var registry = await StartStoreAsync();
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        await PushAsync(client, "v2/base/manifests/latest", "pushed");
        using var write = new HttpRequestMessage(new HttpMethod(method), Relative(path));
        using var written = await client.SendAsync(write);

        using var answer = await ReadAsync(client, "v2/base/manifests/latest");

        answer.Headers.GetValues("X-Registry").ShouldBe(["yes"]);
    }

    [Theory]
    [InlineData(201, "sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(201, null)]
    [InlineData(202, "")]
    [InlineData(400, "")]
    [InlineData(500, "")]
    public async Task Get_RegistryDidNotTakeThePushAsItWas_ComesFromTheRegistry(int status, string? digest)
    {
        await using var registry = await StartStoreAsync(status, digest);
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        await PushAsync(client, "v2/base/manifests/latest", "pushed", status);

        using var answer = await ReadAsync(client, "v2/base/manifests/latest");

        answer.Headers.GetValues("X-Registry").ShouldBe(["yes"]);
    }

    [Fact]
    public async Task Get_AnotherPushIsUnderWay_ComesFromTheRegistry()
    {
        var (begun, goOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        await using var registry = await StartStoreAsync(pushed: async content =>
        {
            if (content == "second")
            {
                begun.SetResult();
                await goOn.Task;
            }
        });
        await using var proxy = await StartAsync(registry.Host);
        using var client = Client(proxy);
        await PushAsync(client, "v2/base/manifests/latest", "first");
        var second = PushAsync(client, "v2/base/manifests/latest", "second");
        await begun.Task;

        using (var meanwhile = await ReadAsync(client, "v2/base/manifests/latest"))
        {
            meanwhile.Headers.GetValues("X-Registry").ShouldBe(["yes"]);
        }

        goOn.SetResult();
        await second;
        using var answer = await ReadAsync(client, "v2/base/manifests/latest");
        (await answer.Content.ReadAsStringAsync()).ShouldBe("second");
    }

    // Says of every manifest that it is pushed the digest that it has, unless told otherwise.
    private static Task<FakeRegistry> StartStoreAsync(int status = 201, string? digest = "", Func<string, Task>? pushed = null) => FakeRegistry.StartAsync(async context =>
    {
        context.Response.Headers["X-Registry"] = "yes";
        if (context.Request.Method == "PUT")
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await (pushed?.Invoke(Encoding.UTF8.GetString(body.ToArray())) ?? Task.CompletedTask);
            context.Response.StatusCode = status;
            context.Response.Headers["Docker-Content-Digest"] = digest is "" ? $"{ImageBuilder.Registry.Names.Digest.Compute(body.ToArray())}" : digest;
        }
    });

    private static async Task PushAsync(HttpClient client, string path, string content, int status = 201)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(content)) { Headers = { ContentType = new MediaTypeHeaderValue(Manifest) } };
        using var answer = await client.PutAsync(Relative(path), body);
        ((int)answer.StatusCode).ShouldBe(status);
    }

    private static async Task<HttpResponseMessage> ReadAsync(HttpClient client, string path, string method = "GET", string accept = Manifest)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Relative(path)) { Headers = { { "Accept", accept } } };
        return await client.SendAsync(request);
    }

    private static Task RedirectAsync(HttpContext context, string location)
    {
        context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        context.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    private static Task<FakeRegistry> StartLimitedAsync(int refusals) => FakeRegistry.StartAsync(async context =>
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        if (context.Request.Path != "/v2/" && Interlocked.Decrement(ref refusals) >= 0)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = "30";
            return;
        }

        await context.Response.WriteAsync("manifest");
    });

    private static async Task AdvanceUntilAsync(ManualTimeProvider clock, Task end)
    {
        while (!end.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(end, Task.Delay(TimeSpan.FromMilliseconds(5)));
        }
    }

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static HttpClient Client(ProxyServer proxy) => new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://{proxy.Address}/") };

    private static async Task<ProxyServer> StartAsync(string registry, TimeProvider? time = null, ProxyKey? key = null)
    {
        var server = await ProxyServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), new RegistryTransportOptions(), key: key, time: time);
        server.Serve(new ProxyRouter(
            [new ProxyAlias("base", ImageReference.Parse($"{registry}/org/base:1")), new ProxyAlias("target", ImageReference.Parse($"{registry}/org/ws:2"))],
            ProxyCredentials.Parse($$"""{"auths":{"{{registry}}":{"auth":"{{Auth("u:installation")}}"} } }""", null)));
        return server;
    }

    private static string Auth(string login) => Convert.ToBase64String(Encoding.UTF8.GetBytes(login));
}

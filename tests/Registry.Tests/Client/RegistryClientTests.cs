using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using ImageBuilder.Registry.Transport;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>The verbs against answers that a good registry never gives.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryClientTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Part = """{"mediaType":"application/octet-stream","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}""";
    private const string Image = $$"""{"schemaVersion":2,"config":{{Part}},"layers":[{{Part}}]}""";

    private readonly RegistryClient _client = new(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero });
    private FaultyRegistry _registry = null!;

    public async Task InitializeAsync() => _registry = await FaultyRegistry.StartAsync();

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task HeadManifestAsync_Request_AcceptsEveryFormat()
    {
        _registry.AddManifest("1", FaultyRegistry.OciManifest, Image);

        await _client.HeadManifestAsync(_registry.Image(), null);

        _registry.Requests.Last().Accept.ShouldBe(
            "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(405)]
    [InlineData(501)]
    public async Task ResolveAsync_HeadIsRefused_ReadsTheManifestOnce(int status)
    {
        var digest = _registry.AddManifest("1", FaultyRegistry.OciManifest, Image);
        _registry.Fault = (context, asked) =>
        {
            context.Response.StatusCode = asked.Method == "HEAD" ? status : 200;
            return Task.FromResult(asked.Method == "HEAD");
        };

        (await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null)).Digest.ShouldBe(digest);
        (await _client.HeadManifestAsync(_registry.Image("missing"), null)).ShouldBeNull();
        _registry.Count("GET /v2/team/app/manifests/1").ShouldBe(1);
    }

    [Fact]
    public async Task ResolveAsync_HeadNamesNoDigest_ReadsTheManifest()
    {
        var digest = _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "amd64")));
        _registry.Fault = (context, asked) =>
        {
            context.Response.ContentType = FaultyRegistry.OciIndex;
            return Task.FromResult(asked.Method == "HEAD");
        };

        (await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null)).Digest.ShouldNotBe(digest);
        _registry.Count("GET /v2/team/app/manifests/").ShouldBe(1);
    }

    [Fact]
    public async Task ResolveAsync_NoMatchingPlatform_SaysSoAsTheContractDoes()
    {
        _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "arm64"), ("unknown", "unknown"), ("windows", "amd64")));

        for (var again = 0; again < 3; again++)
        {
            (await Should.ThrowAsync<RegistryException>(() => _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null))).Message.ShouldBe("no manifest for platform linux-amd64 found");
        }

        _registry.Count("GET /v2/team/app/manifests/").ShouldBe(1);
    }

    [Fact]
    public async Task ResolveAsync_IndexSeenBefore_CostsHeadAlone()
    {
        _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "amd64"), ("linux", "arm64")));

        var first = await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null);
        var again = await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null);
        var other = await _client.ResolveAsync(_registry.Image(), Platform.Parse("linux/arm64"), null);

        first.Source.ShouldBe(ResolutionSource.Get);
        again.ShouldBe(new Resolution(first.Digest, ResolutionSource.Head));
        other.Source.ShouldBe(ResolutionSource.Get);
        _registry.Count("HEAD /v2/team/app/manifests/1").ShouldBe(3);
        _registry.Count("GET /v2/team/app/manifests/").ShouldBe(2);
    }

    [Fact]
    public async Task ResolveAsync_TagMovesToAnotherIndex_GivesThatOnesImage()
    {
        _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "amd64")));
        var before = await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null);
        _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "arm64"), ("linux", "amd64")));

        (await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null)).Source.ShouldBe(ResolutionSource.Get);

        _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "amd64")));
        (await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null)).ShouldBe(before with { Source = ResolutionSource.Head });
    }

    [Fact]
    public async Task ResolveAsync_KnownIndexAndCallerWithoutAccess_IsRefused()
    {
        _registry.WithPassword("anna", "right").AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "amd64")));
        await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, RegistryCredential.Basic("anna", "right"));

        (await Should.ThrowAsync<RegistryException>(() => _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null))).Error.ShouldBe(RegistryError.Unauthorized);
    }

    [Fact]
    public async Task ResolveAsync_RegistryNamesAnotherRegistrysIndex_LearnsNothingOfIt()
    {
        var index = _registry.AddManifest("1", FaultyRegistry.OciIndex, Index(("linux", "amd64")));
        await _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null);
        await using var liar = await FaultyRegistry.StartAsync();
        liar.Fault = (context, asked) =>
        {
            if (asked.Method == "HEAD")
            {
                context.Response.ContentType = FaultyRegistry.OciIndex;
                context.Response.ContentLength = 300;
                context.Response.Headers["Docker-Content-Digest"] = index.ToString();
            }

            return Task.FromResult(asked.Method == "HEAD");
        };

        (await Should.ThrowAsync<RegistryException>(() => _client.ResolveAsync(liar.Image(), Platform.LinuxAmd64, null))).Error.ShouldBe(RegistryError.NotFound);
    }

    [Theory]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", """{"schemaVersion":1,"fsLayers":[]}""")]
    [InlineData("text/html", "<html></html>")]
    [InlineData(FaultyRegistry.OciIndex, "[]")]
    [InlineData(FaultyRegistry.OciIndex, """{"manifests":7}""")]
    [InlineData(FaultyRegistry.OciIndex, """{"manifests":[{}]}""")]
    [InlineData(FaultyRegistry.OciIndex, """{"manifests":[{"mediaType":"a","digest":"sha256:x","size":1}]}""")]
    [InlineData(FaultyRegistry.OciIndex, """{"manifests":[],"config":{},"layers":[]}""")]
    public async Task ResolveAsync_NoImage_IsInvalid(string mediaType, string content)
    {
        _registry.AddManifest("1", mediaType, content);

        (await Should.ThrowAsync<RegistryException>(() => _client.ResolveAsync(_registry.Image(), Platform.LinuxAmd64, null))).Error.ShouldBe(RegistryError.InvalidResponse);
    }

    [Fact]
    public async Task PutManifestAsync_StoredUnderAnotherDigest_IsAnError()
    {
        _registry.Fault = (context, asked) =>
        {
            (context.Response.StatusCode, context.Response.Headers["Docker-Content-Digest"]) = (201, Digest.Compute("other"u8).ToString());
            return Task.FromResult(asked.Method == "PUT");
        };

        (await Should.ThrowAsync<RegistryException>(() => _client.PutManifestAsync(_registry.Image(), FaultyRegistry.OciManifest, Encoding.UTF8.GetBytes(Image), null)))
            .Error.ShouldBe(RegistryError.DigestMismatch);
        (await Should.ThrowAsync<RegistryException>(() => _client.PutManifestAsync(_registry.Image(), FaultyRegistry.OciManifest, new byte[(4 << 20) + 1], null)))
            .Error.ShouldBe(RegistryError.TooLarge);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public async Task PushBlobAsync_UploadFails_StartsANewOne(int status)
    {
        var received = new List<long>();
        _registry.Fault = AcceptUploads(async (context, tries) =>
        {
            if (tries == 1)
            {
                await context.Request.Body.ReadExactlyAsync(new byte[10]);
                if (status == 0)
                {
                    context.Abort();
                }

                context.Response.StatusCode = status;
                return;
            }

            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Add(body.Length);
            context.Response.StatusCode = 201;
        });

        await PushAsync(500_000);

        received.ShouldBe([500_000]);
        _registry.Count("POST").ShouldBe(2);
        _registry.Count("PUT").ShouldBe(2);
        _registry.Requests.Where(asked => asked.Method == "PUT").Select(asked => asked.Query).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task PushBlobAsync_FailsForever_IsNoStorm()
    {
        _registry.Fault = AcceptUploads((context, _) =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });

        (await Should.ThrowAsync<RegistryException>(() => PushAsync(10))).Error.ShouldBe(RegistryError.Unavailable);

        _registry.Count("POST").ShouldBe(4);
        _registry.Count("PUT").ShouldBe(4);
    }

    [Fact]
    public async Task PushBlobAsync_SourceIsWrong_FailsOnceWithItsError()
    {
        await using var source = await FaultyRegistry.StartAsync();
        var content = new byte[500_000];
        var digest = Digest.Compute(content);
        source.Blobs[digest.ToString()] = [.. content[..^1], 1];
        _registry.Fault = AcceptUploads(async (context, _) => await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));

        var error = await Should.ThrowAsync<RegistryException>(() =>
            _client.PushBlobAsync(_registry.Image(), new BlobSource(digest, content.Length, (_, token) => _client.OpenBlobAsync(source.Image(), digest, null, null, token)), null));

        error.Error.ShouldBe(RegistryError.DigestMismatch);
        source.Count("GET /v2/team").ShouldBe(1);
        _registry.Count("POST").ShouldBe(1);
    }

    [Theory]
    [InlineData("http://192.0.2.1/upload?secret=s3cret")]
    [InlineData("http://[bad")]
    [InlineData(null)]
    public async Task PushBlobAsync_ForbiddenUploadAddress_GetsNothing(string? location)
    {
        _registry.Fault = (context, asked) =>
        {
            context.Response.StatusCode = 202;
            if (location is not null)
            {
                context.Response.Headers.Location = location;
            }

            return Task.FromResult(asked.Method == "POST");
        };

        var error = await Should.ThrowAsync<RegistryException>(() => PushAsync(10));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.ToString().ShouldNotContain("s3cret");
        _registry.Count("POST").ShouldBe(1);
    }

    private static string Index(params (string Os, string Architecture)[] platforms) =>
        $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', platforms.Select(platform => $$$$"""{"mediaType":"m","digest":"{{{{Digest.Compute(Encoding.UTF8.GetBytes($"{platform}"))}}}}","size":1,"platform":{"os":"{{{{platform.Os}}}}","architecture":"{{{{platform.Architecture}}}}"}}"""))}}]}""";

    private static Func<HttpContext, Asked, Task<bool>> AcceptUploads(Func<HttpContext, int, Task> put)
    {
        var (posts, puts) = (0, 0);
        return async (context, asked) =>
        {
            if (asked.Method == "POST")
            {
                context.Response.StatusCode = 202;
                context.Response.Headers.Location = $"/v2/team/app/blobs/uploads/1?state={Interlocked.Increment(ref posts)}";
                return true;
            }

            if (asked.Method == "PUT")
            {
                await put(context, Interlocked.Increment(ref puts));
                return true;
            }

            return false;
        };
    }

    private Task PushAsync(int size)
    {
        var content = new byte[size];
        return _client.PushBlobAsync(_registry.Image(), Blobs.Of(content), null);
    }
}

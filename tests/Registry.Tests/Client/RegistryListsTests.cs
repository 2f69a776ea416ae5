using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using ImageBuilder.Registry.Transport;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Lists that come in pages: tags, and what refers to a manifest.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryListsTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Tags = "/v2/team/app/tags/list";

    private readonly RegistryClient _client = new(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero });
    private readonly Digest _subject = Digest.Compute("subject"u8);
    private FaultyRegistry _registry = null!;

    public async Task InitializeAsync() => _registry = await FaultyRegistry.StartAsync();

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Theory]
    [InlineData("/v2/team/app/tags/list?n=2&last=b")]
    [InlineData("list?n=2&last=b")]
    [InlineData("?n=2&last=b")]
    public async Task ListTagsAsync_Pages_AreFollowedAsTheyAreTaken(string next)
    {
        _registry.Fault = Pages(("""{"name":"team/app","tags":["a","b"]}""", $"<{next}>; rel=\"next\""), ("""{"tags":["c"]}""", null));

        (await _client.ListTagsAsync(_registry.Image(), null).Take(2).ToListAsync()).ShouldBe(["a", "b"]);
        _registry.Count($"GET {Tags}").ShouldBe(1);
        (await _client.ListTagsAsync(_registry.Image(), null).ToListAsync()).ShouldBe(["a", "b", "c"]);

        _registry.Requests.Last().Query.ShouldBe("?n=2&last=b");
    }

    [Fact]
    public async Task ListTagsAsync_NextPageOnAnotherHost_GetsNoCredentialAndNoForbiddenAddress()
    {
        await using var other = await FaultyRegistry.StartAsync();
        other.Fault = Pages(("""{"tags":["stolen"]}""", null));
        _registry.WithPassword("u", "s3cret");
        var link = $"<{other.Address}/v2/team/app/tags/list>; rel=next";
        _registry.Fault = async (context, asked) => asked.Authorization is not null && await Pages(("""{"tags":["a"]}""", link))(context, asked);

        await _client.ListTagsAsync(_registry.Image(), RegistryCredential.Basic("u", "s3cret")).ToListAsync();
        other.Requests.ShouldAllBe(asked => asked.Authorization == null);

        link = "<http://169.254.169.254/latest/meta-data?token=s3cret>; rel=\"next\"";
        var error = await Should.ThrowAsync<RegistryException>(async () => await _client.ListTagsAsync(_registry.Image(), RegistryCredential.Basic("u", "s3cret")).ToListAsync());
        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task ListTagsAsync_PagesWithoutEnd_AreCutOff()
    {
        _registry.Fault = Pages(("""{"tags":["a"]}""", $"<{Tags}?n=1000>; rel=\"next\""));
        (await Should.ThrowAsync<RegistryException>(async () => await _client.ListTagsAsync(_registry.Image(), null).ToListAsync())).Error.ShouldBe(RegistryError.InvalidResponse);
        _registry.Count($"GET {Tags}").ShouldBe(1);

        var page = 0;
        _registry.Fault = (context, asked) => Pages(("""{"tags":[]}""", $"<{Tags}?last={page++}>; rel=\"next\""))(context, asked);
        (await Should.ThrowAsync<RegistryException>(async () => await _client.ListTagsAsync(_registry.Image(), null).ToListAsync())).Error.ShouldBe(RegistryError.TooLarge);
        page.ShouldBe(10_000);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"tags":7}""")]
    [InlineData("""{"tags":[null]}""")]
    [InlineData("""{"tags":[{}]}""")]
    [InlineData("<html>")]
    public async Task ListTagsAsync_NoList_IsInvalid(string body)
    {
        _registry.Fault = Pages((body, null));

        (await Should.ThrowAsync<RegistryException>(async () => await _client.ListTagsAsync(_registry.Image(), null).ToListAsync())).Error.ShouldBe(RegistryError.InvalidResponse);
    }

    [Fact]
    public async Task ListTagsAsync_NullOrNone_IsEmpty()
    {
        _registry.Fault = Pages(("""{"tags":null}""", "</nowhere>; rel=\"prev\""));

        (await _client.ListTagsAsync(_registry.Image(), null).ToListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task ListTagsAsync_HugePage_IsNotRead()
    {
        _registry.Fault = Pages(($$"""{"tags":["{{new string('a', 16 << 20)}}"]}""", null));

        (await Should.ThrowAsync<RegistryException>(async () => await _client.ListTagsAsync(_registry.Image(), null).ToListAsync())).Error.ShouldBe(RegistryError.TooLarge);
    }

    [Fact]
    public async Task ListReferrersAsync_RegistryHasTheList_IsItsAnswerChosenByType()
    {
        var (first, second) = (Digest.Compute([1]), Digest.Compute([2]));
        _registry.Fault = Pages(
            ($$$"""{"manifests":[{"mediaType":"m","digest":"{{{first}}}","size":1,"artifactType":"a","annotations":{"k":"v"}}]}""", $"</v2/team/app/referrers/{_subject}?page=2>; rel=\"next\""),
            ($$"""{"manifests":[{"mediaType":"m","digest":"{{second}}","size":2,"artifactType":"b"}]}""", null));

        var all = await _client.ListReferrersAsync(_registry.Image().WithDigest(_subject), null, null).ToListAsync();
        var chosen = await _client.ListReferrersAsync(_registry.Image().WithDigest(_subject), "b", null).ToListAsync();

        all.Select(referrer => referrer.Digest).ShouldBe([first, second]);
        all[0].Annotations["k"].ShouldBe("v");
        chosen.Select(referrer => referrer.Digest).ShouldBe([second]);
        _registry.Requests.ShouldContain(asked => asked.Path == $"/v2/team/app/referrers/{_subject}" && asked.Query == "?artifactType=b");
        await Should.ThrowAsync<ArgumentException>(async () => await _client.ListReferrersAsync(_registry.Image(), null, null).ToListAsync());
    }

    [Theory]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"manifests":[{"mediaType":"m","digest":null,"size":1}]}""")]
    [InlineData("x")]
    public async Task ListReferrersAsync_FallbackIsNoIndex_SaysSo(string content)
    {
        _registry.AddManifest($"sha256-{_subject.Hex}", FaultyRegistry.OciIndex, content);

        (await Should.ThrowAsync<RegistryException>(async () => await _client.ListReferrersAsync(_registry.Image().WithDigest(_subject), null, null).ToListAsync()))
            .Error.ShouldBe(RegistryError.InvalidResponse);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PutManifestAsync_WithSubject_IsListedByTheRegistryOrUnderTheTag(bool isKnown)
    {
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Method != "PUT")
            {
                return false;
            }

            using var body = new StreamReader(context.Request.Body);
            _registry.AddManifest(asked.Path[(asked.Path.LastIndexOf('/') + 1)..], context.Request.ContentType!, await body.ReadToEndAsync());
            context.Response.StatusCode = 201;
            if (isKnown)
            {
                context.Response.Headers["OCI-Subject"] = $"{_subject}";
            }

            return true;
        };
        var manifest = System.Text.Encoding.UTF8.GetBytes($$$"""{"config":{"mediaType":"application/x-kind"},"subject":{"digest":"{{{_subject}}}"},"annotations":{"a":"b"}}""");

        var digest = await _client.PutManifestAsync(_registry.Image("signature"), FaultyRegistry.OciManifest, manifest, null);

        _registry.Count("PUT").ShouldBe(isKnown ? 1 : 2);
        if (!isKnown)
        {
            var referrer = (await _client.ListReferrersAsync(_registry.Image().WithDigest(_subject), null, null).ToListAsync()).Single();
            (referrer.Digest, referrer.ArtifactType, referrer.Size, referrer.Annotations["a"]).ShouldBe((digest, "application/x-kind", manifest.Length, "b"));
        }
    }

    private static Func<HttpContext, Asked, Task<bool>> Pages(params (string Body, string? Link)[] pages) => async (context, asked) =>
    {
        if (asked.Path is "/v2/" or "/token" || asked.Path.Contains("/manifests/", StringComparison.Ordinal))
        {
            return false;
        }

        var (body, link) = asked.Query.Contains("last=b", StringComparison.Ordinal) || asked.Query.Contains("page=2", StringComparison.Ordinal) ? pages[^1] : pages[0];
        if (link is not null)
        {
            context.Response.Headers.Link = link;
        }

        await context.Response.WriteAsync(body);
        return true;
    };
}

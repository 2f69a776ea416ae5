using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Copies between two registries in memory, where every request can be seen.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class ImageCopyTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    private readonly RegistryClient _client = new(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero });
    private FaultyRegistry _source = null!;
    private FaultyRegistry _target = null!;
    private int _running;
    private int _most;

    public async Task InitializeAsync()
    {
        (_source, _target) = (await FaultyRegistry.StartAsync(), await FaultyRegistry.StartAsync());
        _target.Fault = async (context, asked) =>
        {
            if (asked.Method == "POST")
            {
                (context.Response.StatusCode, context.Response.Headers.Location) = (202, "/v2/team/app/blobs/uploads/1?a=b");
                return true;
            }

            if (asked.Method != "PUT")
            {
                return false;
            }

            using var body = new MemoryStream();
            var isBlob = asked.Path.Contains("/blobs/", StringComparison.Ordinal);
            if (isBlob)
            {
                var running = Interlocked.Increment(ref _running);
                InterlockedMax(ref _most, running);
                await context.Request.Body.CopyToAsync(body);
                _target.AddBlob(body.ToArray());
                Interlocked.Decrement(ref _running);
            }
            else
            {
                await context.Request.Body.CopyToAsync(body);
                _target.AddManifest(asked.Path[(asked.Path.LastIndexOf('/') + 1)..], context.Request.ContentType!, Encoding.UTF8.GetString(body.ToArray()));
            }

            context.Response.StatusCode = 201;
            return true;
        };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _source.DisposeAsync();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task CopyAsync_IndexWhoseImagesShareLayers_SendsEachOnceAndNotTooManyAtATime()
    {
        var layers = Enumerable.Range(0, 20).Select(i => _source.AddBlob([1, (byte)i])).ToList();
        var images = Enumerable.Range(0, 8).Select(i => AddImage([_source.AddBlob([2, (byte)i]), .. layers])).ToList();
        var inner = AddIndex(images.Take(4));
        var index = AddIndex([inner, .. images]);
        _source.Manifests["1"] = _source.Manifests[index.ToString()];

        var copied = await _client.CopyAsync(_source.Image(), _target.Image("new"), null, null, new CopyOptions { BlobsAtOnce = 3, ManifestsAtOnce = 4 });

        copied.ShouldBe(new CopyResult(index, 0, 0, 28, 56));
        _target.Blobs.Keys.ShouldBe(_source.Blobs.Keys, ignoreOrder: true);
        _target.Manifests.Keys.ShouldBe(_source.Manifests.Keys.Except(["1"]).Append("new"), ignoreOrder: true);
        _target.Count("POST").ShouldBe(28);
        _target.Count("PUT /v2/team/app/manifests/").ShouldBe(10);
        _source.Count("GET /v2/team/app/manifests/").ShouldBe(10);
        _most.ShouldBeLessThanOrEqualTo(3);

        // Leaves first: an index comes when its images are there.
        var stored = _target.Requests.Where(asked => asked.Method == "PUT").Select(asked => asked.Path[(asked.Path.LastIndexOf('/') + 1)..]).ToList();
        stored[^1].ShouldBe("new");
        images.Take(4).ShouldAllBe(image => stored.IndexOf($"{image}") < stored.IndexOf($"{inner}"));
    }

    [Fact]
    public async Task CopyAsync_SomeIsThere_SendsTheRest()
    {
        var (one, two) = (AddImage([_source.AddBlob([1])]), AddImage([_source.AddBlob([2]), _source.AddBlob([3])]));
        var index = AddIndex([one, two]);
        _target.Manifests[$"{one}"] = _source.Manifests[$"{one}"];
        _target.AddBlob([3]);

        var copied = await _client.CopyAsync(_source.Image().WithDigest(index), _target.Image("new"), null, null);

        copied.ShouldBe(new CopyResult(index, 1, 0, 1, 1));
    }

    [Fact]
    public async Task CopyAsync_TargetHasItUnderAnotherName_GetsTheManifestAlone()
    {
        var image = AddImage([_source.AddBlob([1]), _source.AddBlob([2])]);
        var index = AddIndex([image]);
        foreach (var digest in new[] { image, index })
        {
            _target.Manifests[$"{digest}"] = _source.Manifests[$"{digest}"];
            _target.Requests.Clear();

            (await _client.CopyAsync(_source.Image().WithDigest(digest), _target.Image($"of-{digest.Hex}"), null, null)).ShouldBe(new CopyResult(digest, 0, 0, 0, 0));

            Asks().ShouldBe([$"HEAD /v2/team/app/manifests/of-{digest.Hex}", $"HEAD /v2/team/app/manifests/{digest}", $"PUT /v2/team/app/manifests/of-{digest.Hex}"]);
            _target.Manifests[$"of-{digest.Hex}"].Content.ShouldBe(_source.Manifests[$"{digest}"].Content);
        }
    }

    [Fact]
    public async Task CopyAsync_TargetIsAskedByDigestElsewhere_GetsTheManifestAlone()
    {
        var image = AddImage([_source.AddBlob([1])]);
        _target.Manifests[$"{image}"] = _source.Manifests[$"{image}"];
        var options = new CopyOptions { TargetByDigest = ImageReference.Parse($"{_target.Host}/team/by-digest") };

        await _client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null, options);

        Asks().ShouldBe(["HEAD /v2/team/app/manifests/new", $"HEAD /v2/team/by-digest/manifests/{image}", "PUT /v2/team/app/manifests/new"]);
    }

    [Fact]
    public async Task CopyAsync_TargetIsNew_IsNotLookedForByItsName()
    {
        var image = AddImage([_source.AddBlob([1])]);
        _target.Manifests[$"{image}"] = _source.Manifests[$"{image}"];

        await _client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null, new CopyOptions { IsTargetNew = true });

        Asks().ShouldBe([$"HEAD /v2/team/app/manifests/{image}", "PUT /v2/team/app/manifests/new"]);
    }

    [Fact]
    public async Task CopyAsync_TargetHasNoSuchDigest_CopiesItsParts()
    {
        var image = AddImage([_source.AddBlob([1]), _source.AddBlob([2])]);

        (await _client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null)).BlobsSent.ShouldBe(2);

        _target.Count($"HEAD /v2/team/app/manifests/{image}").ShouldBe(1);
        _target.Manifests.Keys.ShouldContain("new");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(405)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task CopyAsync_TargetRefusesTheQuestionForTheDigest_CopiesItsParts(int status)
    {
        var image = AddImage([_source.AddBlob([1]), _source.AddBlob([2])]);
        _target.Manifests[$"{image}"] = _source.Manifests[$"{image}"];
        AnswerForDigest(image, context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        // Who was told 429 is not to come back for a while, which the clock jumps over.
        using var client = new RegistryClient(time: new JumpingTimeProvider());
        (await client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null, call: RegistryCall.Patient)).BlobsSent.ShouldBe(2);

        _target.Manifests.Keys.ShouldContain("new");
    }

    [Fact]
    public async Task CopyAsync_TargetAnswersForAnotherDigest_CopiesItsParts()
    {
        var image = AddImage([_source.AddBlob([1])]);
        AnswerForDigest(image, context =>
        {
            context.Response.Headers["Docker-Content-Digest"] = $"{Digest.Compute("another"u8)}";
            (context.Response.ContentType, context.Response.ContentLength) = (FaultyRegistry.OciManifest, 7);
            return Task.CompletedTask;
        });

        (await _client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null)).BlobsSent.ShouldBe(1);
    }

    [Fact]
    public async Task CopyAsync_TargetNeverAnswersForTheDigest_CopiesItsPartsAfterFiveSeconds()
    {
        var clock = new ManualTimeProvider();
        using var client = new RegistryClient(time: clock);
        var image = AddImage([_source.AddBlob([1])]);
        AnswerForDigest(image, context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var asked = _target.ArrivedAsync(() => _target.Count($"HEAD /v2/team/app/manifests/{image}") == 1);

        var copying = client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null, call: RegistryCall.Patient);
        await asked;
        clock.Advance(TimeSpan.FromSeconds(5));

        (await copying).BlobsSent.ShouldBe(1);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    public async Task CopyAsync_TargetHasItButLostABlob_CopiesItsParts(int status)
    {
        var image = AddImage([_source.AddBlob([1]), _source.AddBlob([2])]);
        _target.Manifests[$"{image}"] = _source.Manifests[$"{image}"];
        _target.AddBlob([2]);
        var store = _target.Fault!;
        _target.Fault = (context, asked) =>
        {
            if (_target.Blobs.Count == 2 || $"{asked}" != "PUT /v2/team/app/manifests/new")
            {
                return store(context, asked);
            }

            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        (await _client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null)).ShouldBe(new CopyResult(image, 1, 0, 1, 1));

        _target.Manifests.Keys.ShouldContain("new");
        _target.Count("PUT /v2/team/app/manifests/new").ShouldBe(2);
    }

    [Fact]
    public async Task CopyAsync_ImageOfTheIndexIsMissing_NamesIt()
    {
        var missing = Digest.Compute("missing"u8);
        var index = AddIndex([AddImage([_source.AddBlob([1])]), missing]);

        var error = await Should.ThrowAsync<RegistryException>(() => _client.CopyAsync(_source.Image().WithDigest(index), _target.Image("new"), null, null));

        (error.Error, error.Host).ShouldBe((RegistryError.NotFound, _source.Host));
        error.Message.ShouldContain($"{missing}");
        error.Message.ShouldContain("pushed again");
        _target.Manifests.Keys.ShouldNotContain("new");
    }

    [Fact]
    public async Task CopyAsync_BlobIsMissing_IsThatError()
    {
        var missing = Digest.Compute("missing"u8);
        var image = AddImage([.. Enumerable.Range(0, 10).Select(i => _source.AddBlob([(byte)i])), missing]);

        var error = await Should.ThrowAsync<RegistryException>(() => _client.CopyAsync(_source.Image().WithDigest(image), _target.Image("new"), null, null));

        error.Error.ShouldBe(RegistryError.NotFound);
        error.Message.ShouldContain($"{missing}");
    }

    [Fact]
    public async Task CopyAsync_IndexesTooDeep_AreRefused()
    {
        var index = AddIndex([AddIndex([AddIndex([AddImage([_source.AddBlob([1])])])])]);

        (await Should.ThrowAsync<RegistryException>(() => _client.CopyAsync(_source.Image().WithDigest(index), _target.Image("new"), null, null))).Message.ShouldContain("nested");
    }

    [Fact]
    public async Task CopyAsync_Schema1_IsRefusedAndSaysWhatToDo()
    {
        _source.AddManifest("1", Schema1, """{"schemaVersion":1,"fsLayers":[{"blobSum":"sha256:x"}]}""");

        var error = await Should.ThrowAsync<RegistryException>(() => _client.CopyAsync(_source.Image(), _target.Image("new"), null, null));

        error.Message.ShouldContain("schema 1");
        error.Message.ShouldContain("push the image again");
    }

    [Fact]
    public async Task CopyAsync_LayersThatMayNotBeRedistributed_StayWhereTheyAre()
    {
        var foreign = Digest.Compute("foreign"u8);
        var part = $$"""{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":"{{foreign}}","size":1}""";
        _source.AddManifest("1", "application/vnd.docker.distribution.manifest.v2+json", $$"""{"schemaVersion":2,"config":{{Part(_source.AddBlob([1]))}},"layers":[{{part}}]}""");

        (await _client.CopyAsync(_source.Image(), _target.Image("new"), null, null)).BlobsSent.ShouldBe(1);

        _source.Requests.ShouldNotContain(asked => asked.Path.Contains(foreign.Hex, StringComparison.Ordinal));
    }

    private IEnumerable<string> Asks() => _target.Requests.Select(asked => $"{asked}").Where(asked => asked != "GET /v2/");

    private void AnswerForDigest(Digest digest, Func<HttpContext, Task> answer)
    {
        var store = _target.Fault!;
        _target.Fault = async (context, asked) =>
        {
            if (!asked.Path.EndsWith($"/manifests/{digest}", StringComparison.Ordinal))
            {
                return await store(context, asked);
            }

            await answer(context);
            return true;
        };
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }

    private string Part(Digest digest)
    {
        var size = _source.Blobs.TryGetValue($"{digest}", out var blob) ? blob.Length : 1;
        return $$"""{"mediaType":"application/octet-stream","digest":"{{digest}}","size":{{size}}}""";
    }

    // The first blob is the configuration.
    private Digest AddImage(IReadOnlyList<Digest> blobs) =>
        Add(FaultyRegistry.OciManifest, $$"""{"schemaVersion":2,"config":{{Part(blobs[0])}},"layers":[{{string.Join(',', blobs.Skip(1).Select(Part))}}]}""");

    private Digest AddIndex(IEnumerable<Digest> entries) => Add(FaultyRegistry.OciIndex, $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', entries.Select(Part))}}]}""");

    private Digest Add(string mediaType, string json)
    {
        var digest = _source.AddManifest("added", mediaType, json);
        _source.Manifests.TryRemove("added", out _);
        return digest;
    }
}

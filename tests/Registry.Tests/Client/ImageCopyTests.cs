using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using ImageBuilder.Registry.Transport;

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

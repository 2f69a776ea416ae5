using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Uploads in chunks, against a registry that breaks them.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class BlobUploadTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const int Size = 1_000_000;

    private static readonly BlobUploadOptions Chunked = new() { MonolithicUpTo = 100, ChunkSize = 400_000 };

    private readonly RegistryClient _client = new(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero });
    private readonly byte[] _content = new byte[Size];
    private readonly List<long> _opened = [];
    private FaultyRegistry _registry = null!;
    private UploadServer _uploads = null!;

    public async Task InitializeAsync()
    {
        new Random(1).NextBytes(_content);
        _registry = await FaultyRegistry.StartAsync();
        _uploads = new UploadServer(_registry);
        _registry.Fault = _uploads.AnswerAsync;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task PushBlobAsync_Large_GoesInChunksFromOneReading()
    {
        await PushAsync();

        _uploads.Chunks.ShouldBe([400_000, 400_000, 200_000]);
        _opened.ShouldBe([0]);
        Requests().ShouldBe("POST PATCH PATCH PATCH PUT");
    }

    [Fact]
    public async Task PushBlobAsync_Small_GoesInOnePiece()
    {
        await PushAsync(Chunked with { MonolithicUpTo = Size });

        Requests().ShouldBe("POST PUT");
    }

    [Fact]
    public async Task PushBlobAsync_RegistryWantsLargerChunks_GetsThem()
    {
        _uploads.MinimumChunk = 700_000;

        await PushAsync();

        _uploads.Chunks.ShouldBe([700_000, 300_000]);
    }

    [Fact]
    public async Task PushBlobAsync_ConnectionBreaksInAChunk_GoesOnWhereTheRegistrySays()
    {
        _uploads.Break = patch => patch == 2 ? 123_456 : null;

        await PushAsync();

        // What the registry has of the broken chunk is read once more for the hash, and not sent.
        _uploads.Chunks.ShouldBe([400_000, 400_000, 76_544]);
        _opened.ShouldBe([0, 400_000]);
        Requests().ShouldBe("POST PATCH PATCH GET PATCH PATCH PUT");
    }

    [Fact]
    public async Task PushBlobAsync_AnswerToTheLastChunkIsLost_SendsNothingAgain()
    {
        _uploads.Break = patch => patch == 3 ? 200_000 : null;

        await PushAsync();

        Requests().ShouldBe("POST PATCH PATCH PATCH GET PUT");
    }

    [Fact]
    public async Task PushBlobAsync_UploadIsLost_BeginsAnew()
    {
        _uploads.Break = patch => patch == 2 ? 10 : null;
        _uploads.Lose = patch => patch == 2;

        await PushAsync();

        _uploads.Chunks.ShouldBe([400_000, 400_000, 400_000, 200_000]);
        Requests().ShouldBe("POST PATCH PATCH GET HEAD POST PATCH PATCH PATCH PUT");
    }

    [Fact]
    public async Task PushBlobAsync_UploadIsLostEveryTime_IsNoStormAndSaysSo()
    {
        _uploads.Break = _ => 10;
        _uploads.Lose = _ => true;

        var error = await Should.ThrowAsync<RegistryException>(() => PushAsync());

        error.Error.ShouldBe(RegistryError.Unavailable);
        error.Message.ShouldContain("lost the upload");
        (_registry.Count("POST"), _registry.Count("PATCH"), _registry.Count("DELETE")).ShouldBe((4, 4, 1));
    }

    [Fact]
    public async Task PushBlobAsync_BreaksForever_IsNoStormAndIsCancelled()
    {
        _uploads.Break = _ => 0;

        (await Should.ThrowAsync<RegistryException>(() => PushAsync())).Error.ShouldBe(RegistryError.Unavailable);

        (_registry.Count("POST"), _registry.Count("PATCH"), _registry.Count("GET /v2/team"), _registry.Count("DELETE")).ShouldBe((1, 4, 3, 1));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(501)]
    public async Task PushBlobAsync_RegistryTakesNoChunks_GetsItInOnePiece(int status)
    {
        _uploads.PatchStatus = status;

        await PushAsync();

        Requests().ShouldBe("POST PATCH POST PUT");
    }

    [Fact]
    public async Task PushBlobAsync_RegistryIsElsewhere_IsAskedAndFollowed()
    {
        // The second chunk is taken, and the answer lost; the registry then hides it, as docker-registry 2 does, and refuses the chunk at the wrong place.
        _uploads.Break = patch => patch == 2 ? 400_000 : null;
        _uploads.ToldRange = "0-0";

        var push = PushAsync();
        (await Should.ThrowAsync<RegistryException>(push)).Error.ShouldBe(RegistryError.Rejected);
        _registry.Count("PATCH").ShouldBe(5);

        _uploads.ToldRange = null;
        await PushAsync();
    }

    [Theory]
    [InlineData("0-999999999")]
    [InlineData("5-10")]
    [InlineData("nonsense")]
    public async Task PushBlobAsync_RegistryTellsNonsense_StoresTheRightBlobAllTheSame(string range)
    {
        _uploads.Break = patch => patch == 1 ? 0 : null;
        _uploads.ToldRange = range;

        await PushAsync();
    }

    [Fact]
    public async Task PushBlobAsync_WrongBytes_AreHeldBackAndTheUploadCancelled()
    {
        foreach (var options in new[] { Chunked, Chunked with { MonolithicUpTo = Size } })
        {
            var error = await Should.ThrowAsync<RegistryException>(() =>
                _client.PushBlobAsync(_registry.Image(), Blobs.Of(_content) with { Digest = Digest.Compute("other"u8) }, null, options));
            error.Error.ShouldBe(RegistryError.DigestMismatch);

            // Fewer than promised are wrong, too.
            error = await Should.ThrowAsync<RegistryException>(() =>
                _client.PushBlobAsync(_registry.Image(), Blobs.Of(_content) with { Size = Size + 1 }, null, options));
            error.Error.ShouldBe(RegistryError.DigestMismatch);
        }

        _registry.Blobs.ShouldBeEmpty();
        _registry.Count("DELETE").ShouldBe(4);
    }

    [Fact]
    public async Task PushBlobAsync_Empty_IsStored()
    {
        await _client.PushBlobAsync(_registry.Image(), Blobs.Of([]), null);

        _registry.Blobs.Keys.ShouldBe([Digest.Compute([]).ToString()]);
    }

    [Fact]
    public async Task PushBlobAsync_GivenUp_IsCancelled()
    {
        using var giveUp = new CancellationTokenSource();
        _uploads.Break = _ =>
        {
            giveUp.Cancel();
            return null;
        };

        await Should.ThrowAsync<OperationCanceledException>(() => _client.PushBlobAsync(_registry.Image(), Blobs.Of(_content), null, Chunked, cancellationToken: giveUp.Token));

        _registry.Count("DELETE").ShouldBe(1);
    }

    [Fact]
    public async Task PushBlobAsync_TokenExpiresBetweenChunks_IsFetchedAgainAndTheUploadGoesOn()
    {
        _registry.WithTokens();
        var answer = _registry.Fault!;
        var patches = 0;
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Method == "PATCH" && ++patches == 2 || asked.Path == "/token" || asked.Authorization is null)
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                return patches == 2 && asked.Method == "PATCH" && Refuse(context);
            }

            return await answer(context, asked);
        };

        await PushAsync();

        _registry.Count("GET /token").ShouldBe(2);
        _uploads.Chunks.ShouldBe([400_000, 400_000, 200_000]);

        bool Refuse(Microsoft.AspNetCore.Http.HttpContext context)
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = _registry.Challenge;
            return true;
        }
    }

    private async Task PushAsync(BlobUploadOptions? options = null)
    {
        var blob = Blobs.Of(_content);
        blob = blob with
        {
            OpenAsync = (offset, token) =>
            {
                _opened.Add(offset);
                return Blobs.Of(_content).OpenAsync(offset, token);
            },
        };
        await _client.PushBlobAsync(_registry.Image(), blob, null, options ?? Chunked);

        _registry.Blobs.Keys.ShouldBe([blob.Digest.ToString()]);
        _registry.Blobs.Clear();
    }

    private string Requests() => string.Join(' ', _registry.Requests.Where(asked => asked.Path != "/v2/").Select(asked => asked.Method));
}

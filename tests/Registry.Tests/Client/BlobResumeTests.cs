using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Tests.Transport;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Reading blobs from a registry that breaks off.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class BlobResumeTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const int Size = 500_000;

    private readonly byte[] _content = new byte[Size];
    private readonly List<string> _ranges = [];
    private readonly RegistryClient _client = new(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero });
    private FaultyRegistry _registry = null!;

    /// <summary>Given the number of a read of the blob (from 1) and where it begins: how many bytes come before the connection breaks.</summary>
    private Func<int, int, int> _lasts = (_, _) => int.MaxValue;

    public async Task InitializeAsync()
    {
        new Random(1).NextBytes(_content);
        _registry = await FaultyRegistry.StartAsync();
        _registry.Fault = AnswerAsync;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task OpenBlobAsync_BreaksOff_IsTakenUpWhereItStopped()
    {
        _lasts = (read, _) => read < 3 ? 100_000 : int.MaxValue;

        (await ReadAsync()).ShouldBe(_content);

        _ranges.ShouldBe(["", "bytes=100000-", "bytes=200000-"]);
    }

    [Fact]
    public async Task OpenBlobAsync_BreaksOffForever_IsNoStorm()
    {
        _lasts = (_, _) => 1000;

        (await Should.ThrowAsync<RegistryException>(ReadAsync)).Error.ShouldBe(RegistryError.Unavailable);

        _ranges.Count.ShouldBe(4);
    }

    [Fact]
    public async Task OpenBlobAsync_RegistrySendsNoParts_FailsWithTheFirstError()
    {
        _lasts = (_, _) => 1000;
        _registry.Fault = async (context, asked) =>
        {
            context.Request.Headers.Remove("Range");
            return await AnswerAsync(context, asked);
        };

        (await Should.ThrowAsync<RegistryException>(ReadAsync)).Message.ShouldContain("after 1000 bytes");

        _ranges.Count.ShouldBe(2);
    }

    [Fact]
    public async Task OpenBlobAsync_AnotherBlobAfterTheBreak_IsNeverWhole()
    {
        _lasts = (read, _) =>
        {
            _content[^1] ^= (byte)(read == 2 ? 1 : 0);
            return read == 1 ? 1000 : int.MaxValue;
        };

        (await Should.ThrowAsync<RegistryException>(ReadAsync)).Error.ShouldBe(RegistryError.DigestMismatch);
    }

    [Fact]
    public async Task OpenBlobAsync_StopsFlowing_IsTakenUp()
    {
        var clock = new ManualTimeProvider();
        using var client = new RegistryClient(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero }, time: clock);
        var stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Path.Contains("/blobs/", StringComparison.Ordinal) && _ranges.Count == 0)
            {
                _ranges.Add("");
                context.Response.ContentLength = Size;
                await context.Response.Body.WriteAsync(_content.AsMemory(0, 1000));
                await context.Response.Body.FlushAsync();
                await stalled.Task;
                return true;
            }

            return await AnswerAsync(context, asked);
        };
        await using var blob = await client.OpenBlobAsync(_registry.Image(), Digest.Compute(_content), null);
        using var read = new MemoryStream();
        var start = new byte[1000];
        await blob.ReadExactlyAsync(start);

        var rest = blob.CopyToAsync(read);
        clock.Advance(TimeSpan.FromSeconds(60));
        await rest;
        stalled.SetResult();

        read.ToArray().ShouldBe(_content[1000..]);
        _ranges.ShouldBe(["", "bytes=1000-"]);
    }

    [Fact]
    public async Task CopyAsync_SourceBreaksOff_SendsEachByteOnce()
    {
        await using var target = await FaultyRegistry.StartAsync();
        var uploads = new UploadServer(target);
        target.Fault = uploads.AnswerAsync;
        var config = _registry.AddBlob([1]);
        _registry.AddManifest("1", FaultyRegistry.OciManifest, $$"""{"schemaVersion":2,"config":{{Part(config, 1)}},"layers":[{{Part(Digest.Compute(_content), Size)}}]}""");
        _lasts = (read, _) => read < 3 ? 100_000 : int.MaxValue;

        // The target takes anything for a manifest; its own answer is of no interest here.
        target.Fault = async (context, asked) => await uploads.AnswerAsync(context, asked) || (asked.Method == "PUT" && (context.Response.StatusCode = 201) == 201);
        var copied = await _client.CopyAsync(_registry.Image(), target.Image(), null, null, new CopyOptions { BlobsAtOnce = 1 });

        (copied.BlobsSent, copied.BytesSent).ShouldBe((2, Size + 1));
        target.Blobs[Digest.Compute(_content).ToString()].ShouldBe(_content);
        (target.Count("POST"), target.Count("PUT /v2/team/app/blobs")).ShouldBe((2, 2));
        _ranges.ShouldBe(["", "bytes=100000-", "bytes=200000-"]);
    }

    [Fact]
    public async Task CopyAsync_SourceSendsWrongBytes_SaysWhoseFaultItIs()
    {
        await using var target = await FaultyRegistry.StartAsync();
        target.Fault = new UploadServer(target).AnswerAsync;
        var digest = Digest.Compute("what it should be"u8);
        _registry.Blobs[digest.ToString()] = "what it is not..."u8.ToArray();
        _registry.AddManifest("1", FaultyRegistry.OciManifest, $$"""{"schemaVersion":2,"config":{{Part(digest, 17)}},"layers":[]}""");

        var error = await Should.ThrowAsync<RegistryException>(() => _client.CopyAsync(_registry.Image(), target.Image(), null, null));

        (error.Error, error.Host).ShouldBe((RegistryError.DigestMismatch, _registry.Host));
        target.Blobs.ShouldBeEmpty();
    }

    private static string Part(Digest digest, int size) => $$"""{"mediaType":"application/octet-stream","digest":"{{digest}}","size":{{size}}}""";

    private async Task<byte[]> ReadAsync()
    {
        await using var blob = await _client.OpenBlobAsync(_registry.Image(), Digest.Compute(_content), null);
        using var read = new MemoryStream();
        await blob.CopyToAsync(read);
        return read.ToArray();
    }

    private async Task<bool> AnswerAsync(HttpContext context, Asked asked)
    {
        if (asked.Method != "GET" || !asked.Path.Contains("/blobs/", StringComparison.Ordinal) || _registry.Blobs.ContainsKey(asked.Path[(asked.Path.LastIndexOf('/') + 1)..]))
        {
            return false;
        }

        var range = context.Request.Headers.Range.ToString();
        _ranges.Add(range);
        var from = range.Length == 0 ? 0 : int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
        var count = Math.Min(_lasts(_ranges.Count, from), Size - from);
        if (from > 0)
        {
            (context.Response.StatusCode, context.Response.Headers.ContentRange) = (206, $"bytes {from}-{Size - 1}/{Size}");
        }

        context.Response.ContentLength = Size - from;
        await context.Response.Body.WriteAsync(_content.AsMemory(from, count));

        // Kestrel closes the connection after an answer that is shorter than told.
        return true;
    }
}

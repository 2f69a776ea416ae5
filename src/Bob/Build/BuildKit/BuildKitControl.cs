using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>
/// What bob asks of a buildkitd itself, by gRPC (service moby.buildkit.v1.Control of moby/buildkit, api/services/control/control.proto). BuildKit's client, which
/// does the rest, takes longer to start than such a call takes.
/// </summary>
internal sealed class BuildKitControl : IDisposable
{
    // A byte that says whether it is compressed, and the length.
    private const int PrefixLength = 5;

    // A hundred bytes or two for each layer.
    private const int MaximumAnswer = 64 << 20;

    // Of protocol buffers: a number of variable length, and bytes with their length.
    private const int Varint = 0;
    private const int Bytes = 2;

    private readonly HttpMessageInvoker _client;

    /// <summary>Calls the daemon that listens on <paramref name="socket"/>.</summary>
    public BuildKitControl(string socket) => _client = new HttpMessageInvoker(new SocketsHttpHandler
    {
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    });

    /// <summary>Removes the files of build contexts that no build uses.</summary>
    /// <exception cref="IOException">The daemon does not answer, or fails.</exception>
    public Task PruneContextsAsync(CancellationToken cancellationToken) => PruneAsync([Bytes | 1 << 3, .. Delimited("type==source.local"u8)], cancellationToken);

    /// <summary>Removes what was used longest ago, until no more than <paramref name="keptBytes"/> are left.</summary>
    /// <exception cref="IOException">The daemon does not answer, or fails.</exception>
    public Task PruneAsync(long keptBytes, CancellationToken cancellationToken) =>
        PruneAsync([Varint | 2 << 3, 1, Varint | 4 << 3, .. Number((ulong)keptBytes)], cancellationToken);

    /// <summary>How many bytes it keeps, as it counts them when it removes some.</summary>
    /// <exception cref="IOException">The daemon does not answer, or fails.</exception>
    public async Task<long> UsedBytesAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync("DiskUsage", [], "tell what it keeps", cancellationToken);
        return answer.Length <= PrefixLength ? 0 : Fields(answer.AsMemory(PrefixLength)).Where(field => field.Number == 1).Sum(record => Fields(record.Bytes).Where(field => field.Number == 4).Sum(size => size.Value));
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    // PruneRequest: the filters (1), whether also what the daemon's own pruning spares (2), and the bytes to keep (4).
    private Task<byte[]> PruneAsync(byte[] request, CancellationToken cancellationToken) => CallAsync("Prune", request, "remove what is not needed any more", cancellationToken);

    private async Task<byte[]> CallAsync(string method, byte[] request, string what, CancellationToken cancellationToken)
    {
        byte[] content = [.. new byte[PrefixLength], .. request];
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(1), request.Length);
        using var call = new HttpRequestMessage(HttpMethod.Post, $"http://buildkitd/moby.buildkit.v1.Control/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        call.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        try
        {
            using var answer = await _client.SendAsync(call, cancellationToken);

            // How it went stands behind what it says, or where it has nothing to say, in its place.
            await answer.Content.LoadIntoBufferAsync(MaximumAnswer, cancellationToken);
            return Said(answer, "grpc-status") is "0"
                ? await answer.Content.ReadAsByteArrayAsync(cancellationToken)
                : throw new IOException($"buildkitd cannot {what}: {Said(answer, "grpc-message") ?? $"{answer.StatusCode}"}");
        }
        catch (HttpRequestException exception)
        {
            throw new IOException($"buildkitd does not answer: {exception.Message}", exception);
        }
    }

    private static string? Said(HttpResponseMessage answer, string name) => Value(answer.TrailingHeaders, name) ?? Value(answer.Headers, name);

    private static string? Value(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? string.Concat(values) : null;

    private static byte[] Delimited(ReadOnlySpan<byte> bytes) => [.. Number((ulong)bytes.Length), .. bytes];

    // Those of the two kinds that its answers have.
    private static IEnumerable<(int Number, long Value, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0)
        {
            var key = TakeNumber(ref message);
            var value = TakeNumber(ref message);
            if ((key & 7) is not (Varint or Bytes) || ((key & 7) == Bytes && (value < 0 || value > message.Length)))
            {
                throw new IOException("buildkitd answers in a way that is not understood");
            }

            var bytes = (key & 7) == Bytes ? message[..(int)value] : default;
            message = message[bytes.Length..];
            yield return ((int)(key >> 3), value, bytes);
        }
    }

    private static long TakeNumber(ref ReadOnlyMemory<byte> message)
    {
        long number = 0;
        for (var i = 0; i < message.Length && i < 10; i++)
        {
            number |= (long)(message.Span[i] & 0x7F) << (7 * i);
            if (message.Span[i] <= 0x7F)
            {
                message = message[(i + 1)..];
                return number;
            }
        }

        throw new IOException("buildkitd answers in a way that is not understood");
    }

    private static IEnumerable<byte> Number(ulong number)
    {
        for (; number > 0x7F; number >>= 7)
        {
            yield return (byte)(number | 0x80);
        }

        yield return (byte)number;
    }
}

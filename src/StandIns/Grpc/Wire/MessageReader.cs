using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Takes framed messages off a pipe. A message is refused by its announced size, before any of it is held.</summary>
internal sealed class MessageReader(PipeReader pipe, int? maxSize, string? encoding) : DeserializationContext
{
    private const int HeaderSize = 5;

    private ReadOnlySequence<byte> _payload;

    /// <inheritdoc />
    public override int PayloadLength => (int)_payload.Length;

    /// <inheritdoc />
    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    /// <inheritdoc />
    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>The next message; null when the peer has sent its last.</summary>
    /// <exception cref="RpcException">It is too large, cut short, or compressed in a way that is not known.</exception>
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            if (read.IsCanceled)
            {
                throw Failure(StatusCode.Internal, "Incoming message cancelled.");
            }

            var buffer = read.Buffer;
            var consumed = buffer.Start;
            var examined = buffer.End;
            try
            {
                if (TryTake(ref buffer, out var payload, out var compressed))
                {
                    var message = Deserialize(payload, compressed, deserializer);
                    examined = consumed = buffer.Start;
                    return message;
                }

                if (read.IsCompleted)
                {
                    return buffer.IsEmpty ? null : throw Failure(StatusCode.Internal, "Incomplete message.");
                }
            }
            finally
            {
                pipe.AdvanceTo(consumed, examined);
            }
        }
    }

    /// <summary>The one message of a side that does not stream.</summary>
    /// <exception cref="RpcException">As <see cref="ReadAsync"/>; or there is none, or more than one.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        var message = await ReadAsync(deserializer, cancellationToken) ?? throw Failure(StatusCode.Internal, "Incomplete message.");
        await ReadEndAsync(cancellationToken);
        return message;
    }

    /// <summary>Waits for the peer to end its side.</summary>
    /// <exception cref="RpcException">It sends more instead.</exception>
    public async ValueTask ReadEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            var isEmpty = read.Buffer.IsEmpty;
            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (!isEmpty)
            {
                throw Failure(StatusCode.Internal, "Additional data after the message received.");
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Gives the pipe's buffers back; nothing is read any more.</summary>
    public void Close() => pipe.Complete();

    private static RpcException Failure(StatusCode code, string detail) => new(new Status(code, detail));

    private bool TryTake(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload, out bool compressed)
    {
        payload = default;
        compressed = false;
        if (buffer.Length < HeaderSize)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        buffer.Slice(0, HeaderSize).CopyTo(header);
        compressed = header[0] switch
        {
            0 => false,
            1 => true,
            _ => throw Failure(StatusCode.Internal, "Unexpected compressed flag value in message header."),
        };
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        CheckSize(length);
        if (buffer.Length < HeaderSize + length)
        {
            return false;
        }

        payload = buffer.Slice(HeaderSize, length);
        buffer = buffer.Slice(HeaderSize + length);
        return true;
    }

    private T Deserialize<T>(ReadOnlySequence<byte> payload, bool compressed, Func<DeserializationContext, T> deserializer)
    {
        using var decompressed = compressed ? Decompress(payload) : null;
        _payload = decompressed is null ? payload : new ReadOnlySequence<byte>(decompressed.WrittenMemory);
        try
        {
            return deserializer(this);
        }
        finally
        {
            _payload = default;
        }
    }

    private PooledBufferWriter Decompress(ReadOnlySequence<byte> payload)
    {
        switch (encoding)
        {
            case null:
                throw Failure(StatusCode.Internal, "Request did not include grpc-encoding value with compressed message.");
            case Compression.Identity:
                throw Failure(StatusCode.Internal, "Request sent 'identity' grpc-encoding value with compressed message.");
            case { } unknown when !Compression.IsKnown(unknown):
                throw Failure(
                    StatusCode.Unimplemented,
                    $"Unsupported grpc-encoding value '{unknown}'. Supported encodings: {Compression.Accepted.Replace(",", ", ", StringComparison.Ordinal)}");
        }

        var decompressed = new PooledBufferWriter((int)Math.Min(Math.Max(payload.Length * 2, 4096), maxSize ?? int.MaxValue));
        try
        {
            using var stream = Compression.Decompress(encoding, new SequenceStream(payload));
            int count;
            while ((count = stream.Read(decompressed.GetSpan(4096))) > 0)
            {
                decompressed.Advance(count);
                CheckSize((uint)decompressed.WrittenCount);
            }

            return decompressed;
        }
        catch
        {
            decompressed.Dispose();
            throw;
        }
    }

    private void CheckSize(uint length)
    {
        if (length > (uint)(maxSize ?? Array.MaxLength))
        {
            throw Failure(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
        }
    }
}

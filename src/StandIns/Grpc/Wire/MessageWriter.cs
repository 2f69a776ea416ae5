using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>
/// Frames one message after the other into a buffer: a byte that says whether it is compressed, four of length, the message. A message whose
/// length is told beforehand, and that is not compressed, goes straight into the buffer.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Write disposes what it holds before it returns.")]
internal sealed class MessageWriter(int? maxSize) : SerializationContext
{
    private const int HeaderSize = 5;

    private IBufferWriter<byte> _target = null!;
    private string? _encoding;
    private CompressionLevel _level;
    private PooledBufferWriter? _held;
    private int? _length;
    private bool _direct;
    private bool _completed;

    /// <summary>Frames <paramref name="message"/> into <paramref name="target"/>; compressed when an encoding is given.</summary>
    /// <exception cref="RpcException">It is larger than may be sent.</exception>
    public void Write<T>(T message, Action<T, SerializationContext> serializer, IBufferWriter<byte> target, string? encoding, CompressionLevel level)
    {
        _target = target;
        _encoding = encoding;
        _level = level;
        _length = null;
        _direct = false;
        _completed = false;
        try
        {
            serializer(message, this);
            if (!_completed)
            {
                throw new InvalidOperationException("Serialization did not return a payload.");
            }
        }
        finally
        {
            _held?.Dispose();
            _held = null;
            _target = null!;
        }
    }

    /// <inheritdoc />
    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        _length = payloadLength;
    }

    /// <inheritdoc />
    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_held is not null)
        {
            return _held;
        }

        if (_encoding is null && _length is { } length)
        {
            if (!_direct)
            {
                _direct = true;
                WriteHeader(compressed: false, length);
            }

            return _target;
        }

        return _held = new PooledBufferWriter(_length ?? 4096);
    }

    /// <inheritdoc />
    public override void Complete()
    {
        _completed = true;
        if (!_direct)
        {
            WritePayload(_held is null ? [] : _held.WrittenSpan);
        }
    }

    /// <inheritdoc />
    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        _completed = true;
        WritePayload(payload);
    }

    private void WritePayload(ReadOnlySpan<byte> payload)
    {
        CheckSize(payload.Length);

        // .NET's compressing streams write nothing at all for nothing, and others do not take that for gzip.
        if (_encoding is null || payload.IsEmpty)
        {
            WriteHeader(compressed: false, payload.Length);
            _target.Write(payload);
            return;
        }

        using var compressed = new PooledBufferWriter(Math.Max(256, payload.Length / 2));
        using (var stream = Compression.Compress(_encoding, new BufferWriterStream(compressed), _level))
        {
            stream.Write(payload);
        }

        WriteHeader(compressed: true, compressed.WrittenCount);
        _target.Write(compressed.WrittenSpan);
    }

    private void WriteHeader(bool compressed, int length)
    {
        var header = _target.GetSpan(HeaderSize);
        header[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)length);
        _target.Advance(HeaderSize);
    }

    private void CheckSize(int length)
    {
        if (length > maxSize)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }
}

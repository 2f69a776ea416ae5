using System.Buffers;

namespace Grpc.Core;

/// <summary>One message as it came.</summary>
public abstract class DeserializationContext
{
    /// <summary>Size in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The message in the call's buffers; valid only while it is being deserialised.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(PayloadAsNewBuffer());
}

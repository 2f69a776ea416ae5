using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller puts one message.</summary>
public abstract class SerializationContext
{
    /// <summary>Takes a whole message; ends the context.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>Where to write; ended with <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Tells the size beforehand, so that no buffer has to grow.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>The message is written.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}

namespace Grpc.Core;

/// <summary>How messages of one type become bytes and back.</summary>
public class Marshaller<T>
{
    /// <summary>A marshaller over whole byte arrays.</summary>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        Serializer = serializer;
        Deserializer = deserializer;
        ContextualSerializer = (message, context) => context.Complete(serializer(message));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    /// <summary>A marshaller that writes into, and reads from, the buffers of the call.</summary>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        Serializer = _ => throw new NotImplementedException();
        Deserializer = _ => throw new NotImplementedException();
    }

    /// <summary>Message to bytes; only of a marshaller made over byte arrays.</summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>Bytes to message; only of a marshaller made over byte arrays.</summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Writes a message into a call's buffers.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Reads a message from a call's buffers.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}

using Google.Protobuf;

namespace Google.Rpc;

/// <summary>A status with details.</summary>
public sealed partial class Status
{
    /// <summary>The first detail of that type, or null.</summary>
    public T? GetDetail<T>()
        where T : class, IMessage<T>, new()
    {
        var descriptor = new T().Descriptor;
        return Details.FirstOrDefault(detail => detail.Is(descriptor))?.Unpack<T>();
    }
}

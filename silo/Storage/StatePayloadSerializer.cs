using Orleans.Storage;

namespace ImageBuilder.Silo.Storage;

/// <summary>Hands the bytes of <see cref="StatePayload"/> on as they are.</summary>
internal sealed class StatePayloadSerializer : IGrainStorageSerializer
{
    /// <inheritdoc />
    public BinaryData Serialize<T>(T? input) => new(((StatePayload)(object)input!).Json);

    /// <inheritdoc />
    public T Deserialize<T>(BinaryData input) => (T)(object)new StatePayload { Json = input.ToArray() };
}

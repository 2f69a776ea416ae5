namespace ImageBuilder.Silo.Storage;

/// <summary>A state as the bytes that are stored of it.</summary>
internal sealed class StatePayload
{
    public byte[] Json { get; init; } = [];
}

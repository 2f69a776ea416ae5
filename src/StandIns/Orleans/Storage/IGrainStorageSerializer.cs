namespace Orleans.Storage;

/// <summary>Makes bytes of the states of grains.</summary>
public interface IGrainStorageSerializer
{
    /// <summary>The bytes of <paramref name="input"/>.</summary>
    BinaryData Serialize<T>(T? input);

    /// <summary>What <see cref="Serialize"/> made bytes of.</summary>
    T? Deserialize<T>(BinaryData input);
}

namespace Orleans.Core;

/// <summary>A stored state.</summary>
public interface IStorage
{
    /// <summary>Which version was read or written last; null when there is none in the storage.</summary>
    string? Etag { get; }

    /// <summary>Whether the storage has it.</summary>
    bool RecordExists { get; }

    /// <summary>Reads it anew.</summary>
    Task ReadStateAsync();

    /// <summary>Writes it.</summary>
    Task WriteStateAsync();

    /// <summary>Removes it from the storage.</summary>
    Task ClearStateAsync();
}

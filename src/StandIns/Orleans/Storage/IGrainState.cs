namespace Orleans;

/// <summary>The state of a grain as a storage sees it.</summary>
public interface IGrainState<T>
{
    /// <summary>The state.</summary>
    T? State { get; set; }

    /// <summary>Which version of it this is; null when there is none in the storage.</summary>
    string? ETag { get; set; }

    /// <summary>Whether the storage has it.</summary>
    bool RecordExists { get; set; }
}

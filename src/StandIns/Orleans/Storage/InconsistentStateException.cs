using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>The storage holds another version of a state than the one the grain read. The activation that lets it escape is ended.</summary>
[GenerateSerializer]
public class InconsistentStateException : OrleansException
{
    /// <summary>With no detail.</summary>
    public InconsistentStateException()
    {
    }

    /// <summary>In words.</summary>
    public InconsistentStateException(string message)
        : base(message)
    {
    }

    /// <summary>In words, with its cause.</summary>
    public InconsistentStateException(string message, Exception? innerException)
        : base(message, innerException!)
    {
    }

    /// <summary>In words, with both versions.</summary>
    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
        : base(errorMsg, storageException!)
    {
        StoredEtag = storedEtag;
        CurrentEtag = currentEtag;
    }

    /// <summary>In words, with both versions.</summary>
    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
        : this(errorMsg, storedEtag, currentEtag, null)
    {
    }

    /// <summary>The version in the storage, where known.</summary>
    public string? StoredEtag { get; }

    /// <summary>The version that the grain had.</summary>
    public string? CurrentEtag { get; }

    internal bool IsSourceActivation { get; set; } = true;
}

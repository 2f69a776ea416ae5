using ImageBuilder.Grains;

namespace ImageBuilder.Silo.Storage;

/// <summary>A state file cannot be read as what it should be. The file is left as it is.</summary>
[GenerateSerializer, Alias("ImageBuilder.CorruptGrainState")]
public sealed class CorruptGrainStateException : UnreadableStateException
{
    /// <summary>Names the file, what is wrong with it, and what to do.</summary>
    public CorruptGrainStateException(string file, string problem, Exception? cause)
        : base($"{file}: {problem}. Restore this file from a backup, or move it away so that its grain starts without a state; it is kept as it is.", cause) =>
        File = file;

    /// <summary>The file.</summary>
    [Id(0)]
    public string File { get; }
}

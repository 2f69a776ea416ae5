using ImageBuilder.Grains;

namespace ImageBuilder.Silo.Storage;

/// <summary>What is stored of a state cannot be read as what it should be. It is left as it is.</summary>
[GenerateSerializer, Alias("ImageBuilder.CorruptGrainState")]
public sealed class CorruptGrainStateException : UnreadableStateException
{
    /// <summary>Names the place of the state, what is wrong with it, and what to do.</summary>
    public CorruptGrainStateException(string place, string problem, Exception? cause)
        : base($"{place}: {problem}. Restore it from a backup, or move it away so that its grain starts without a state; it is kept as it is.", cause) =>
        Place = place;

    /// <summary>The file, or the row of a table.</summary>
    [Id(0)]
    public string Place { get; }
}

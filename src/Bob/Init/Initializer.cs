namespace ImageBuilder.Bob.Init;

/// <summary>Where the build context comes from; the document that <c>bob init</c> reads from stdin. Exactly one part is set.</summary>
internal sealed class Initializer
{
    /// <summary>A git repository.</summary>
    public GitInitializer? Git { get; init; }

    /// <summary>Nothing: the image is made from another image alone.</summary>
    public EmptyInitializer? Empty { get; init; }
}

namespace ImageBuilder.Sandbox.Proxying;

/// <summary>What to push for <see cref="ProxyFigures"/>.</summary>
public sealed record ProxyFiguresOptions
{
    /// <summary>The size of the image in bytes; default 1 GiB.</summary>
    public long Size { get; init; } = 1L << 30;

    /// <summary>How many layers it has, and how many blobs are uploaded at a time; default 8.</summary>
    public int Layers { get; init; } = 8;

    /// <summary>How often each is measured; default 5.</summary>
    public int Repetitions { get; init; } = 5;
}

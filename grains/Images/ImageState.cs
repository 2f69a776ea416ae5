namespace ImageBuilder.Grains.Images;

/// <summary>What is stored of an image.</summary>
[GenerateSerializer]
[Alias("imagebuilder.ImageState")]
public sealed record ImageState
{
    /// <summary>The last build of the image.</summary>
    [Id(0)]
    public Guid? BuildId { get; init; }
}

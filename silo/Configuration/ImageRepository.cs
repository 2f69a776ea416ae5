using ImageBuilder.Registry.Names;

namespace ImageBuilder.Silo.Configuration;

/// <summary>A repository that images are pushed to. The references that clients see start with <see cref="Name"/>, so it is kept as it was written.</summary>
internal sealed record ImageRepository
{
    private ImageRepository(string name, ImageReference reference)
    {
        Name = name;
        Reference = reference;
    }

    /// <summary>The name as the operator wrote it, not normalised (wire contract: <c>&lt;repository&gt;:&lt;hash&gt;</c>).</summary>
    public string Name { get; }

    /// <summary>The same repository as an image reference.</summary>
    public ImageReference Reference { get; }

    /// <summary>Takes an image name without tag and digest.</summary>
    /// <exception cref="FormatException">The text is a name with a tag or digest.</exception>
    /// <exception cref="InvalidReferenceException">The text is no image name.</exception>
    public static ImageRepository Parse(string text) =>
        ImageReference.Parse(text) is { Tag: null, Digest: null } reference
            ? new ImageRepository(text, reference)
            : throw new FormatException("A repository has neither tag nor digest.");

    /// <summary>The name as it was written.</summary>
    public override string ToString() => Name;
}

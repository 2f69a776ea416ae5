namespace ImageBuilder.Registry.Client;

/// <summary>What a look at a manifest showed. A class, since generic code for classes is compiled ahead of time, and this is the first that every builder asks.</summary>
/// <param name="IsClear">Whether the registry said whether there is one, and which.</param>
/// <param name="Descriptor">What it said; null: there is none.</param>
/// <param name="Manifest">The manifest itself, if it had to be read.</param>
internal sealed record ManifestLook(bool IsClear, ManifestDescriptor? Descriptor, Manifest? Manifest = null);

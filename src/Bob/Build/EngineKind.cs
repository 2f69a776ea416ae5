namespace ImageBuilder.Bob.Build;

/// <summary>Which program builds.</summary>
internal enum EngineKind
{
    /// <summary>BuildKit where it is to be had, else buildah.</summary>
    Auto,

    /// <summary>buildah, which needs no daemon.</summary>
    Buildah,

    /// <summary>BuildKit: a daemon that is given, or one of the build's own.</summary>
    BuildKit,
}

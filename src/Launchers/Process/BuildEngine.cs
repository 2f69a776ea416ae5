namespace ImageBuilder.Launchers.Process;

/// <summary>Which program builds.</summary>
public enum BuildEngine
{
    /// <summary>buildah.</summary>
    Buildah,

    /// <summary>BuildKit: a daemon of each build's own.</summary>
    Buildkit,

    /// <summary>BuildKit where it is installed, else buildah.</summary>
    Auto,
}

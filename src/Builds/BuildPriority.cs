namespace ImageBuilder.Builds;

/// <summary>Whether somebody waits for a build.</summary>
public enum BuildPriority
{
    /// <summary>Somebody waits; goes before background builds.</summary>
    Interactive,

    /// <summary>Nobody waits: prebuilds and the like.</summary>
    Background,
}

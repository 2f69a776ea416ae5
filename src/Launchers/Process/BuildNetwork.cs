namespace ImageBuilder.Launchers.Process;

/// <summary>The network of what a build runs.</summary>
public enum BuildNetwork
{
    /// <summary>A network of the build's own with a way out, but none to this machine and to link-local addresses.</summary>
    Isolated,

    /// <summary>This machine's own network.</summary>
    Host,

    /// <summary>No network; the process that builds has one in which there is its registry proxy alone.</summary>
    None,
}

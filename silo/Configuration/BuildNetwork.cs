namespace ImageBuilder.Silo.Configuration;

/// <summary>The network of a build's RUN steps.</summary>
internal enum BuildNetwork
{
    /// <summary>This machine's own network.</summary>
    Host,

    /// <summary>No network.</summary>
    None,
}

namespace ImageBuilder.Silo.Configuration;

/// <summary>Where builds run.</summary>
internal enum BuildLauncher
{
    /// <summary>As processes of this machine.</summary>
    Process,
}

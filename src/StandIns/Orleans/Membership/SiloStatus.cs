namespace Orleans.Runtime;

/// <summary>Where a silo stands in its cluster.</summary>
public enum SiloStatus
{
    /// <summary>Not known.</summary>
    None = 0,

    /// <summary>Made.</summary>
    Created = 1,

    /// <summary>On its way in.</summary>
    Joining = 2,

    /// <summary>A member.</summary>
    Active = 3,

    /// <summary>Handing over.</summary>
    ShuttingDown = 4,

    /// <summary>On its way out.</summary>
    Stopping = 5,

    /// <summary>Gone.</summary>
    Dead = 6,
}

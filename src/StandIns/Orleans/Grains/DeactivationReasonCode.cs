namespace Orleans;

/// <summary>Why an activation ends.</summary>
[GenerateSerializer]
public enum DeactivationReasonCode : byte
{
    /// <summary>Not told.</summary>
    None,

    /// <summary>The silo stops.</summary>
    ShuttingDown,

    /// <summary>It could not be activated.</summary>
    ActivationFailed,

    /// <summary>Its place could not be registered.</summary>
    DirectoryFailure,

    /// <summary>It was idle.</summary>
    ActivationIdle,

    /// <summary>It did not answer.</summary>
    ActivationUnresponsive,

    /// <summary>There was another.</summary>
    DuplicateActivation,

    /// <summary>A call of another version came.</summary>
    IncompatibleRequest,

    /// <summary>Its code failed in a way that leaves its state in doubt.</summary>
    ApplicationError,

    /// <summary>Its code asked for it.</summary>
    ApplicationRequested,

    /// <summary>It moves to another silo.</summary>
    Migrating,

    /// <summary>The runtime asked for it.</summary>
    RuntimeRequested,

    /// <summary>Memory is short.</summary>
    HighMemoryPressure,
}

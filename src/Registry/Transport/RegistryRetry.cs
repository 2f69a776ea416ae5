namespace ImageBuilder.Registry.Transport;

/// <summary>How patient a call is. Server errors and broken connections are tried again either way, a few times, within the deadline.</summary>
public enum RegistryRetry
{
    /// <summary>Too many requests (429) is told at once.</summary>
    None,

    /// <summary>Too many requests (429) is waited out as the registry asks; where that is longer than the deadline allows, it is told at once.</summary>
    Wait,
}

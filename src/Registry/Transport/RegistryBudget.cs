namespace ImageBuilder.Registry.Transport;

/// <summary>What a registry says is left of the requests it allows.</summary>
/// <param name="Limit">How many it allows in all; null when it does not say.</param>
/// <param name="Remaining">How many are left.</param>
/// <param name="Window">The time they are for; null when it does not say.</param>
public readonly record struct RegistryBudget(long? Limit, long Remaining, TimeSpan? Window);

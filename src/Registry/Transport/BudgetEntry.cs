namespace ImageBuilder.Registry.Transport;

/// <summary>What a request is to do about a registry that refused others; nothing set: go ahead.</summary>
/// <param name="Wait">How long nothing may be sent yet.</param>
/// <param name="Outcome">The end of the request that went to see, after which to ask again.</param>
/// <param name="Probe">This request is the one that goes to see.</param>
internal readonly record struct BudgetEntry(TimeSpan Wait, Task? Outcome, BudgetProbe? Probe);

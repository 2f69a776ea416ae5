namespace ImageBuilder.Grains.Messages;

/// <summary>The place of a question that waits: answers of requests made since it was first put will do, however long ago that was.</summary>
/// <param name="Activation">The activation that waits; another one begins anew.</param>
/// <param name="Request">The first request whose answer will do.</param>
/// <param name="Waited">How long the question has waited so far.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.ResolveTicket")]
public sealed record ResolveTicket(
    [property: Id(0)] Guid Activation,
    [property: Id(1)] long Request,
    [property: Id(2)] TimeSpan Waited);

namespace ImageBuilder.Grains.Messages;

/// <summary>The build that an order led to.</summary>
/// <param name="BuildId">The build to follow.</param>
/// <param name="Joined">Whether the build was there before the order.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.BuildTicket")]
public sealed record BuildTicket([property: Id(0)] Guid BuildId, [property: Id(1)] bool Joined);

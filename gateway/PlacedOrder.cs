using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway;

/// <summary>What became of an order.</summary>
/// <param name="WorkspaceRef">The image that was ordered.</param>
/// <param name="BaseRef">The image it stands on.</param>
/// <param name="Ticket">The build that makes it; null when it exists already.</param>
internal sealed record PlacedOrder(string WorkspaceRef, string BaseRef, BuildTicket? Ticket);

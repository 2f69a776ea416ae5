using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Client;

namespace ImageBuilder.Grains.References;

/// <summary>What a registry answered, and what it was asked for that.</summary>
internal sealed record Asked(ResolveAnswer Answer, ResolutionSource Source);

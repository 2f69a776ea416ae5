namespace ImageBuilder.Grains.Builds;

/// <summary>A build's work cannot be done by this silo; the grain's next activation is put where it can.</summary>
internal sealed class BelongsElsewhereException(string message) : Exception(message);

namespace ImageBuilder.Builds.Queue;

/// <summary>A build in the queue.</summary>
/// <param name="BuildId">The build.</param>
/// <param name="Owner">On whose behalf it runs; empty for nobody's, which counts as an owner of its own.</param>
/// <param name="Priority">Whether somebody waits for it.</param>
/// <param name="Since">When it began to wait; of a running build, when its turn came.</param>
public sealed record QueueEntry(Guid BuildId, string Owner, BuildPriority Priority, DateTimeOffset Since);

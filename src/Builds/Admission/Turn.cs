namespace ImageBuilder.Builds.Admission;

/// <summary>A build that runs by turns with others.</summary>
/// <param name="BuildId">The build.</param>
/// <param name="Owner">On whose behalf it runs.</param>
/// <param name="Priority">Whether somebody waits for it.</param>
/// <param name="Since">When its order was accepted.</param>
public sealed record Turn(Guid BuildId, string Owner, BuildPriority Priority, DateTimeOffset Since);

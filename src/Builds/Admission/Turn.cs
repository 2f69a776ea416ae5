namespace ImageBuilder.Builds.Admission;

/// <summary>A build that runs by turns with others.</summary>
/// <param name="BuildId">The build.</param>
/// <param name="Owner">On whose behalf it runs.</param>
/// <param name="Priority">Whether somebody waits for it.</param>
/// <param name="Since">When its order was accepted, which is its place among others: a later attempt does not lose it.</param>
/// <param name="WaitingSince">When it began to wait for the turn of this attempt, which is what a limit to waiting counts from.</param>
public sealed record Turn(Guid BuildId, string Owner, BuildPriority Priority, DateTimeOffset Since, DateTimeOffset WaitingSince);

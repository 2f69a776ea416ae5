namespace ImageBuilder.Grains.Messages;

/// <summary>How a waiting build stands.</summary>
/// <param name="Outcome">Whether it is its turn.</param>
/// <param name="Ahead">While it waits: how many builds go before it, as counted within the last second.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.QueueTurn")]
public sealed record QueueTurn([property: Id(0)] QueueOutcome Outcome, [property: Id(1)] int Ahead);

/// <summary>Whether it is a build's turn.</summary>
public enum QueueOutcome
{
    /// <summary>Not yet.</summary>
    Waiting,

    /// <summary>It holds a place, until it leaves.</summary>
    Admitted,

    /// <summary>It has waited for longer than a build may, and is out of the queue.</summary>
    Expired,
}

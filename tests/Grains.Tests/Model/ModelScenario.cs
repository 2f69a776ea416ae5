using System.Collections.Immutable;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>What happens in a run beside the deaths of the service.</summary>
/// <param name="Name">For the messages of a test.</param>
/// <param name="Orders">The orders that clients put at once.</param>
/// <param name="Builders">What the builders of an image do, in the order of their launches; the last one stands for all that follow.</param>
internal sealed record ModelScenario(string Name, ImmutableArray<ModelOrder> Orders, ImmutableArray<BuilderScript> Builders)
{
    /// <summary>Whether a client cancels the build, and how many of its versions it has seen by then; null when none does.</summary>
    public int? CancelAfter { get; init; }

    /// <summary>Whether a client pins the build.</summary>
    public bool Pins { get; init; }

    /// <summary>Whether builders that run end when the service is killed.</summary>
    public bool BuildersDieWithService { get; init; }

    /// <summary>One in how many writes of a state fails; 0 for none.</summary>
    public int FaultyWrites { get; init; }

    public override string ToString() => Name;
}

/// <summary>An order for the image with a tag.</summary>
internal sealed record ModelOrder(string Tag, bool Force = false, TimeSpan? Deadline = null);

/// <summary>What a builder does.</summary>
internal enum BuilderScript
{
    /// <summary>Pushes the image.</summary>
    Succeeds,

    /// <summary>Fails for a reason of the user's.</summary>
    Fails,

    /// <summary>Goes away without a word.</summary>
    IsLost,

    /// <summary>Does nothing until it is cancelled.</summary>
    Hangs,

    /// <summary>Does nothing until it is cancelled, and then has just pushed the image.</summary>
    SucceedsWhenCancelled,

    /// <summary>Is not taken by the place where builds run.</summary>
    IsNotTaken,
}

using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Admission;

/// <summary>Lets builds run by turns. A build enters before every attempt and leaves when the attempt is over.</summary>
public interface IAdmission
{
    /// <summary>
    /// Ends when it is the build's turn, with null; or with the reason why its turn will not come. Whoever gives the wait up for good leaves.
    /// Entering with a place that the build has already gives that place.
    /// </summary>
    /// <param name="turn">Which build waits, and since when.</param>
    /// <param name="ahead">Told how many builds stand before it, when the wait begins and when that changes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<BuildFailure?> EnterAsync(Turn turn, Func<int, Task> ahead, CancellationToken cancellationToken);

    /// <summary>Says that the build has had its place since before this process was started; it has it whatever the limits are.</summary>
    Task HoldAsync(Turn turn, CancellationToken cancellationToken);

    /// <summary>Gives the place of a build, or its turn in the line, to the next; does nothing when it has none.</summary>
    Task LeaveAsync(Guid buildId, CancellationToken cancellationToken);
}

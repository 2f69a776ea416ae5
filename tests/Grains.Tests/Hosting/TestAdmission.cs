using System.Collections.Concurrent;
using ImageBuilder.Builds.Admission;
using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Admission as the test decides; it notes who entered, held and left.</summary>
internal sealed class TestAdmission : IAdmission
{
    /// <summary>What happened, in its order: "enter", "hold" or "leave" with the build.</summary>
    public ConcurrentQueue<(string What, Guid BuildId)> Events { get; } = new();

    /// <summary>The turns that were entered with.</summary>
    public ConcurrentQueue<Turn> Turns { get; } = new();

    /// <summary>What becomes of a build that enters. Default: it is admitted at once.</summary>
    public Func<Turn, Func<int, Task>, CancellationToken, Task<BuildFailure?>> OnEnter { get; set; } = (_, _, _) => Task.FromResult<BuildFailure?>(null);

    /// <summary>Called when a build leaves; it may throw.</summary>
    public Action OnLeave { get; set; } = () => { };

    public Task<BuildFailure?> EnterAsync(Turn turn, Func<int, Task> ahead, CancellationToken cancellationToken)
    {
        Events.Enqueue(("enter", turn.BuildId));
        Turns.Enqueue(turn);
        return OnEnter(turn, ahead, cancellationToken);
    }

    public Task HoldAsync(Turn turn, CancellationToken cancellationToken)
    {
        Events.Enqueue(("hold", turn.BuildId));
        return Task.CompletedTask;
    }

    public Task LeaveAsync(Guid buildId, CancellationToken cancellationToken)
    {
        Events.Enqueue(("leave", buildId));
        OnLeave();
        return Task.CompletedTask;
    }
}

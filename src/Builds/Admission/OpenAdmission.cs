using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Admission;

/// <summary>Admits every build at once.</summary>
public sealed class OpenAdmission : IAdmission
{
    /// <inheritdoc />
    public Task<BuildFailure?> EnterAsync(Turn turn, Func<int, Task> ahead, CancellationToken cancellationToken) => Task.FromResult<BuildFailure?>(null);

    /// <inheritdoc />
    public Task HoldAsync(Turn turn, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task LeaveAsync(Guid buildId, CancellationToken cancellationToken) => Task.CompletedTask;
}

using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Grains.Builds;

/// <summary>The build as it is stored, which is all that anybody is told. Changes are stored one after the other, and told when the store holds them.</summary>
/// <param name="state">The state of the grain, which has been read.</param>
/// <param name="id">The build.</param>
/// <param name="changed">Raised after every change.</param>
/// <param name="clock">Times the tries.</param>
/// <param name="logger">Takes what goes wrong.</param>
internal sealed partial class StoredBuild(IPersistentState<BuildState> state, Guid id, Signal changed, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _storing = new(1);

    /// <summary>How it stands.</summary>
    public BuildState Current { get; private set; } = state.State;

    /// <summary>Stores what <paramref name="change"/> makes of it, unless that is the same.</summary>
    /// <exception cref="InconsistentStateException">Another activation writes the build.</exception>
    public async Task ChangeAsync(Func<BuildState, BuildState> change)
    {
        await _storing.WaitAsync();
        try
        {
            var next = change(Current);
            if (!ReferenceEquals(next, Current))
            {
                await WriteAsync(next);
                Tell(next);
            }
        }
        finally
        {
            _storing.Release();
        }
    }

    /// <summary>Stores what has happened and cannot be otherwise: a store that is down is waited for, and nobody is told until it holds.</summary>
    /// <exception cref="InconsistentStateException">Another activation writes the build.</exception>
    public async Task ChangeHoweverLongAsync(Func<BuildState, BuildState> change, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await ChangeAsync(change);
                return;
            }
            catch (Exception error) when (error is not (InconsistentStateException or InvalidOperationException) && !cancellationToken.IsCancellationRequested)
            {
                Instruments.StorageFaults.Inc();
                LogStoreDown(logger, error, id, pause);
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    /// <summary>Removes it.</summary>
    public async Task ClearAsync()
    {
        await _storing.WaitAsync();
        try
        {
            await state.ClearStateAsync();
            Tell(new BuildState());
        }
        finally
        {
            _storing.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _storing.Dispose();

    private void Tell(BuildState build)
    {
        Current = build;
        changed.Raise();
    }

    private async Task WriteAsync(BuildState next)
    {
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception error) when (error is not InconsistentStateException)
        {
            if (!await HoldsAsync(next))
            {
                throw;
            }
        }
    }

    /// <summary>Whether the store holds a version all the same: a write that failed may have been made.</summary>
    private async Task<bool> HoldsAsync(BuildState version)
    {
        try
        {
            await state.ReadStateAsync();
        }
        catch (Exception error)
        {
            LogStoreUnreadable(logger, error, id);
            return false;
        }

        if (state.State.Version == Current.Version)
        {
            return false;
        }

        var isOurs = state.State.Version == version.Version && state.State.Transitions.SequenceEqual(version.Transitions);
        Current = state.State;
        return isOurs ? true : throw new InconsistentStateException($"build {id} is stored at version {Current.Version} by another activation");
    }

    [LoggerMessage(8, LogLevel.Error, "What became of build {BuildId} cannot be stored; nobody is told before it is, and it is tried again in {Pause}")]
    private static partial void LogStoreDown(ILogger logger, Exception error, Guid buildId, TimeSpan pause);

    [LoggerMessage(11, LogLevel.Warning, "It cannot be seen whether the last change of build {BuildId} was stored")]
    private static partial void LogStoreUnreadable(ILogger logger, Exception error, Guid buildId);
}

using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Names;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Images;

/// <summary>
/// Starts builds one at a time, so that of any number of orders at once the first starts the build and the others join it. The build is noted
/// before it is started: a note without a build is taken for one that has yet to start. Calls interleave, so that orders which only have to
/// know whether the image is there wait for one answer together.
/// </summary>
[RandomPlacement]
[Reentrant]
internal sealed partial class ImageGrain(
    [PersistentState("image", StateStorage.Name)] IPersistentState<ImageState> state,
    TimeProvider clock,
    ILogger<ImageGrain> logger) : Grain, IImageGrain, IDisposable
{
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _starting = new(1);

    /// <inheritdoc />
    public async Task<BuildTicket> Build(BuildOrderMessage order)
    {
        var latest = await FindLatestAsync();
        if (latest is not null && await ServesAsync(latest, order))
        {
            return new BuildTicket(latest.Id, Joined: true);
        }

        await _starting.WaitAsync();
        try
        {
            return await StartAsync(order, latest?.Id);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc />
    public async Task<Guid?> GetLatestBuild() =>
        state.State.BuildId is { } id && await GrainFactory.GetGrain<IBuildGrain>(id).Watch(afterVersion: 0, TimeSpan.Zero) is not null ? id : null;

    /// <inheritdoc />
    public async Task<bool> Forget(Guid buildId)
    {
        // Not waited for: who starts a build waits for the directory, which may be what asks for this.
        if (!await _starting.WaitAsync(TimeSpan.Zero))
        {
            return false;
        }

        try
        {
            if (state.State.BuildId == buildId)
            {
                await state.ClearStateAsync();
            }

            return true;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _starting.Dispose();

    /// <summary>Starts a build, or joins one that was started after <paramref name="unfit"/>, which does not serve the order.</summary>
    private async Task<BuildTicket> StartAsync(BuildOrderMessage order, Guid? unfit)
    {
        var latest = await FindLatestAsync();
        if (latest is not null && latest.Id != unfit && await ServesAsync(latest, order))
        {
            return new BuildTicket(latest.Id, Joined: true);
        }

        // A noted build that is not there yet may be starting at this moment, for a caller who got no answer and asks again.
        if (latest is not null || state.State.BuildId is not { } id)
        {
            id = Guid.NewGuid();
            await NoteAsync(id);
        }

        await GrainFactory.GetGrain<IBuildGrain>(id).Start(order);
        return new BuildTicket(id, Joined: false);
    }

    private async Task NoteAsync(Guid buildId)
    {
        var known = state.State;
        state.State = new ImageState { BuildId = buildId };
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // A build that is noted in memory alone would be started, and after a restart started again.
            state.State = known;
            throw;
        }
    }

    /// <summary>The last build, and when it is being cancelled, its end; null when there was none. One that cannot be read is not waited for either.</summary>
    private async Task<BuildSnapshot?> FindLatestAsync()
    {
        if (state.State.BuildId is not { } id)
        {
            return null;
        }

        try
        {
            var build = GrainFactory.GetGrain<IBuildGrain>(id);
            var latest = await build.Watch(afterVersion: 0, TimeSpan.Zero);
            for (var began = clock.GetTimestamp(); latest is not null && IsToBeWaitedFor(latest) && clock.GetElapsedTime(began) < CancelPatience;)
            {
                latest = await build.Watch(latest.Version, LongPoll.Wait);
            }

            return latest;
        }
        catch (UnreadableStateException error)
        {
            LogLatestUnreadable(logger, error, id, this.GetPrimaryKeyString());
            if (state.State.BuildId == id)
            {
                state.State = new ImageState();
            }

            return null;
        }
    }

    private async Task<bool> ServesAsync(BuildSnapshot build, BuildOrderMessage order) => Decide(build, order.Force) switch
    {
        JoinDecision.Start => false,
        JoinDecision.JoinIfImageIsThere => await IsImageThereAsync(build, order.Access),

        // Also when its end does not come: better to be told of that than to build the image twice at once.
        _ => true,
    };

    private static bool IsToBeWaitedFor(BuildSnapshot build) => Decide(build, force: false) == JoinDecision.WaitForEnd;

    private static JoinDecision Decide(BuildSnapshot build, bool force) => JoinPolicy.Decide(build.Status, build.CancelRequested, force);

    private async Task<bool> IsImageThereAsync(BuildSnapshot build, RegistryAccessMessage access)
    {
        var image = GrainFactory.GetGrain<IReferenceGrain>(ReferenceKey.OfManifest(ImageReference.Parse(build.WorkspaceRef)));
        var answer = await ReferenceQuestion.AskAsync(
            image.Resolve, new ResolveQuery(access, MaxAge: TimeSpan.Zero, Patient: false), clock, CancellationToken.None);
        return answer.Outcome == ResolveOutcome.Found;
    }
}

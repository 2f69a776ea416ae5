using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Names;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Images;

/// <summary>
/// Starts builds one at a time, so that of any number of orders at once the first starts the build and the others join it. The build is noted
/// before it is started: a note without a build is taken for one that has yet to start. Calls interleave, so that orders which only have to
/// know whether the image is there wait for one answer together.
/// </summary>
[Reentrant]
internal sealed class ImageGrain(
    [PersistentState("image", StateStorage.Name)] IPersistentState<ImageState> state,
    TimeProvider clock) : Grain, IImageGrain, IDisposable
{
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
    public async Task<Guid?> GetLatestBuild() => (await FindLatestAsync())?.Id;

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
            state.State = new ImageState { BuildId = id };
            await state.WriteStateAsync();
        }

        await GrainFactory.GetGrain<IBuildGrain>(id).Start(order);
        return new BuildTicket(id, Joined: false);
    }

    private async Task<BuildSnapshot?> FindLatestAsync() => state.State.BuildId is { } id
        ? await GrainFactory.GetGrain<IBuildGrain>(id).Watch(afterVersion: 0, TimeSpan.Zero)
        : null;

    private async Task<bool> ServesAsync(BuildSnapshot build, BuildOrderMessage order) =>
        !build.IsFinal || (!order.Force && await MadeImageAsync(build, order.Access));

    /// <summary>
    /// An order that found no image may arrive after the build that made it has ended; it joins that build if the image is still there.
    /// </summary>
    private async Task<bool> MadeImageAsync(BuildSnapshot latest, RegistryAccessMessage access)
    {
        if (latest.Status != BuildStatus.Succeeded)
        {
            return false;
        }

        var image = GrainFactory.GetGrain<IReferenceGrain>(ReferenceKey.OfManifest(ImageReference.Parse(latest.WorkspaceRef)));
        var answer = await ReferenceQuestion.AskAsync(
            image.Resolve, new ResolveQuery(access, MaxAge: TimeSpan.Zero, Patient: false), clock, CancellationToken.None);
        return answer.Outcome == ResolveOutcome.Found;
    }
}

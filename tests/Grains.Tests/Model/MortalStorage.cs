using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>The storage as one process reaches it. A write may fail, whether it was made or not.</summary>
internal sealed class MortalStorage(IGrainStorage inner, MortalProcess process, Func<WriteFault> nextFault) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => await process.DoAsync(async () =>
    {
        await inner.ReadStateAsync(stateName, grainId, grainState);
        return true;
    });

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => await process.DoAsync(async () =>
    {
        var fault = nextFault();
        if (fault == WriteFault.NotMade)
        {
            throw new IOException("disk full");
        }

        var etag = grainState.ETag;
        await inner.WriteStateAsync(stateName, grainId, grainState);
        if (fault == WriteFault.Made)
        {
            grainState.ETag = etag;
            throw new IOException("the folder could not be flushed");
        }

        return true;
    });

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => await process.DoAsync(async () =>
    {
        await inner.ClearStateAsync(stateName, grainId, grainState);
        return true;
    });
}

/// <summary>What goes wrong with a write.</summary>
internal enum WriteFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It fails.</summary>
    NotMade,

    /// <summary>It is made, and fails all the same.</summary>
    Made,
}

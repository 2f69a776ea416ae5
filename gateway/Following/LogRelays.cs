using ImageBuilder.Grains;
using Orleans;

namespace ImageBuilder.Gateway.Following;

/// <summary>The relays of the logs that are followed through this process at the moment.</summary>
internal sealed class LogRelays(IGrainFactory grains, GrainCalls calls)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, LogRelay> _relays = [];

    /// <summary>How many logs are followed.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _relays.Count;
            }
        }
    }

    /// <summary>Follows the log of a build from <paramref name="offset"/>.</summary>
    public LogRelay.Reader Join(Guid buildId, long offset)
    {
        lock (_lock)
        {
            if (!_relays.TryGetValue(buildId, out var relay))
            {
                relay = new LogRelay(grains.GetGrain<IBuildGrain>(buildId), calls);
                _relays.Add(buildId, relay);
            }

            return relay.Join(offset);
        }
    }

    /// <summary>Follows no longer.</summary>
    public void Leave(Guid buildId, LogRelay.Reader reader)
    {
        lock (_lock)
        {
            reader.Dispose();
            if (_relays.TryGetValue(buildId, out var relay) && relay.IsIdle)
            {
                _relays.Remove(buildId);
            }
        }
    }
}

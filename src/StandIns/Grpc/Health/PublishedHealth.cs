using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Health.V1;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The last published state of each service, and who waits for it to change.</summary>
internal sealed class PublishedHealth
{
    /// <summary>States that a watcher may be behind; it loses the oldest, never the newest.</summary>
    private const int Backlog = 5;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HealthCheckResponse.Types.ServingStatus> _states = new(StringComparer.Ordinal);
    private readonly HashSet<(string Service, ChannelWriter<HealthCheckResponse.Types.ServingStatus> Changes)> _watchers = [];

    public HealthCheckResponse.Types.ServingStatus? Find(string service)
    {
        lock (_lock)
        {
            return _states.TryGetValue(service, out var state) ? state : null;
        }
    }

    public void Publish(string service, HealthCheckResponse.Types.ServingStatus state)
    {
        lock (_lock)
        {
            if (_states.TryGetValue(service, out var before) && before == state)
            {
                return;
            }

            _states[service] = state;
            foreach (var watcher in _watchers.Where(watcher => watcher.Service == service))
            {
                watcher.Changes.TryWrite(state);
            }
        }
    }

    /// <summary>Every change from now on.</summary>
    public async IAsyncEnumerable<HealthCheckResponse.Types.ServingStatus> WatchAsync(
        string service, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changes = Channel.CreateBounded<HealthCheckResponse.Types.ServingStatus>(
            new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            _watchers.Add((service, changes.Writer));
        }

        try
        {
            await foreach (var state in changes.Reader.ReadAllAsync(cancellationToken))
            {
                yield return state;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove((service, changes.Writer));
            }
        }
    }
}

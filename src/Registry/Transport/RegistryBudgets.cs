using System.Collections.Concurrent;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// What registries allow whom. After a 429 nobody asks that registry with that credential until it may be asked again; then one request goes to see, and
/// the others wait for its answer.
/// </summary>
internal sealed class RegistryBudgets(RegistryTransportOptions options, TimeProvider time)
{
    private const int Capacity = 10_000;

    private readonly ConcurrentDictionary<string, BudgetBlock> _blocks = new(StringComparer.Ordinal);
    private readonly FingerprintKey _key = new();

    /// <summary>Returns when a request may be sent.</summary>
    /// <param name="key">Whose budget it takes from.</param>
    /// <param name="canProbe">Whether it may be the one that goes to see, while others wait for it.</param>
    /// <param name="host">The registry, for messages.</param>
    /// <param name="what">What the request does, for messages.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Not null when the request is the one that goes to see; tell it the end of the request.</returns>
    /// <exception cref="RegistryException">The registry may not be asked yet.</exception>
    public async ValueTask<BudgetProbe?> EnterAsync(BudgetKey key, bool canProbe, string host, string what, CancellationToken cancellationToken)
    {
        if (_blocks.IsEmpty)
        {
            return null;
        }

        var name = Name(key);
        while (_blocks.TryGetValue(name, out var block))
        {
            var entry = block.Enter(canProbe);
            if (entry.Wait > TimeSpan.Zero)
            {
                throw new RegistryException(
                    RegistryError.RateLimited,
                    host,
                    $"cannot {what}: registry {host} has answered \"too many requests\" (429) before, and is asked again in {Math.Ceiling(entry.Wait.TotalSeconds):0} s")
                {
                    RetryAfter = entry.Wait,
                };
            }

            if (entry.Outcome is null)
            {
                if (block.IsForgotten)
                {
                    _blocks.TryRemove(KeyValuePair.Create(name, block));
                }

                return entry.Probe;
            }

            await entry.Outcome.WaitAsync(cancellationToken);
        }

        return null;
    }

    /// <summary>The registry answered with 429.</summary>
    /// <param name="key">Whose budget the request took from.</param>
    /// <param name="asked">How long it asked to stay away, if it did.</param>
    /// <returns>How long to stay away, and whether that is news: many requests may have been under way.</returns>
    public (TimeSpan Wait, bool Begins) Refused(BudgetKey key, TimeSpan? asked)
    {
        if (_blocks.Count >= Capacity)
        {
            MakeRoom();
        }

        return _blocks.GetOrAdd(Name(key), _ => new BudgetBlock(time, options.MaximumRetryAfter)).Refuse(asked);
    }

    // With so many blocks, which is forgotten matters little: a request that finds out by itself makes it again.
    private void MakeRoom()
    {
        foreach (var (name, block) in _blocks)
        {
            if (block.IsForgotten || _blocks.Count >= Capacity)
            {
                _blocks.TryRemove(name, out _);
            }
        }
    }

    private string Name(BudgetKey key) =>
        string.Join('\n', key.Registry, key.Authority, _key.Of(key.Credential));
}

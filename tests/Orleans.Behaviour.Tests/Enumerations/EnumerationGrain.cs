using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ImageBuilder.Orleans.Behaviour.Tests.Enumerations;

public sealed class EnumerationGrain(Signals signals) : Grain, IEnumerationGrain
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private int _produced;

    public async IAsyncEnumerable<int> Count(int to)
    {
        await Task.CompletedTask;
        for (var i = 1; i <= to; i++)
        {
            _produced = i;
            yield return i;
        }
    }

    public async IAsyncEnumerable<string> Follow(string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        signals.Set($"{name} follows");
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(cancellationToken))
            {
                yield return line;
            }
        }
        finally
        {
            signals.Set($"{name} ended");
        }
    }

    public async IAsyncEnumerable<int> FailAfter(int elements)
    {
        for (var i = 1; i <= elements; i++)
        {
            await Task.Yield();
            yield return i;
        }

        await Task.Yield();
        throw new InvalidOperationException("no more");
    }

    public Task Publish(string line)
    {
        _lines.Writer.TryWrite(line);
        return Task.CompletedTask;
    }

    public Task<int> Produced() => Task.FromResult(_produced);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

namespace Orleans.Runtime;

/// <summary>Reads an enumeration batch by batch.</summary>
internal sealed class GrainEnumerator<T>(
    GrainReference reference, Enumeration<T> enumeration, CancellationToken argumentToken, CancellationToken readerToken) : IAsyncEnumerator<T>
{
    private readonly CancellationTokenSource? _linked = argumentToken.CanBeCanceled && readerToken.CanBeCanceled
        ? CancellationTokenSource.CreateLinkedTokenSource(argumentToken, readerToken)
        : null;

    private IReadOnlyList<T> _batch = [];
    private int _index;
    private bool _ended;

    public T Current => _index < _batch.Count
        ? _batch[_index]
        : throw new InvalidOperationException("There is no current element: MoveNextAsync was not called, or answered false.");

    private CancellationToken Token => _linked?.Token ?? (readerToken.CanBeCanceled ? readerToken : argumentToken);

    public ValueTask<bool> MoveNextAsync()
    {
        if (_index + 1 < _batch.Count)
        {
            _index++;
            return ValueTask.FromResult(true);
        }

        return _ended ? ValueTask.FromResult(false) : new ValueTask<bool>(ReadBatchAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _linked?.Dispose();
        _ended = true;
        _batch = [];
        if (enumeration.Activation is { } activation)
        {
            var end = new ActivationWork<bool>(
                async _ =>
                {
                    await enumeration.DisposeAsync();
                    return true;
                },
                isBound: true);
            if (activation.TryEnqueue(end))
            {
                // The activation may end first, which disposes the enumeration too.
                await ((Task)end.Done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> ReadBatchAsync()
    {
        var token = Token;
        token.ThrowIfCancellationRequested();
        var step = new ActivationWork<IReadOnlyList<T>>(enumeration.ReadAsync, isBound: enumeration.Activation is not null);
        await using (token.UnsafeRegister((_, token) => Cancel(step, token), null))
        {
            if (enumeration.Activation is not { } activation)
            {
                reference.Send(step);
            }
            else if (!activation.TryEnqueue(step))
            {
                step.Fail(Enumeration.Aborted());
            }

            try
            {
                _batch = await step.Done;
            }
            catch
            {
                _batch = [];
                _ended = true;
                throw;
            }

            _index = 0;
            _ended = _batch.Count == 0;
            return !_ended;
        }
    }

    private void Cancel(ActivationWork<IReadOnlyList<T>> step, CancellationToken token)
    {
        enumeration.Activation?.Post(enumeration.Cancel);
        step.Cancel(token);
    }
}

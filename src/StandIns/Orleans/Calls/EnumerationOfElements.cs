using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>An enumeration on its activation. All of it runs on the activation's scheduler.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "DisposeAsync ends it; the base class names it so.")]
internal sealed class Enumeration<T>(GrainMethod method, object?[] arguments, int maxBatchSize) : Enumeration
{
    private readonly CancellationTokenSource _cancellation = new();
    private IAsyncEnumerator<T>? _elements;
    private Task<bool>? _pending;
    private bool _disposed;

    /// <summary>The elements that are ready, or the first one when it comes; none at the end.</summary>
    public async Task<IReadOnlyList<T>> ReadAsync(Activation activation)
    {
        if (_elements is null)
        {
            Activation = activation;
            activation.Add(this);
            if (method.CancellationIndex >= 0)
            {
                arguments[method.CancellationIndex] = _cancellation.Token;
            }

            var elements = (IAsyncEnumerable<T>)method.Invoke(activation.GrainInstance!, arguments)!;
            _elements = elements.GetAsyncEnumerator(_cancellation.Token);
        }

        List<T> batch = [];
        while (batch.Count < maxBatchSize)
        {
            _pending ??= _elements.MoveNextAsync().AsTask();
            if (!_pending.IsCompleted)
            {
                if (batch.Count > 0)
                {
                    break;
                }

                if (await Task.WhenAny(_pending, WhenAborted) != _pending)
                {
                    throw Aborted();
                }
            }

            if (!_pending.IsCompletedSuccessfully && batch.Count > 0)
            {
                // What came before the error is read first; the next step meets the error again.
                break;
            }

            if (!await _pending)
            {
                break;
            }

            _pending = null;
            batch.Add(_elements.Current);
        }

        return batch;
    }

    public override void Cancel() => _cancellation.Cancel();

    public override async Task DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Activation?.Remove(this);
        await _cancellation.CancelAsync();
        if (_pending is not null)
        {
            await ((Task)_pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (_elements is not null)
        {
            await _elements.DisposeAsync();
        }

        _cancellation.Dispose();
    }
}

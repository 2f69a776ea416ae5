using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The requests of a streaming call.</summary>
internal sealed class ClientStreamWriter<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IClientStreamWriter<TRequest>, IRequestStream
    where TRequest : class
    where TResponse : class
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new();
    private readonly Lock _lock = new();
    private bool _isWriting;
    private bool _isCompleted;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_lock)
        {
            if (_isCompleted)
            {
                throw new InvalidOperationException("Request stream has already been completed.");
            }

            if (_isWriting)
            {
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            }

            _isWriting = true;
        }

        using var cancelling = call.CancelBy(cancellationToken);
        try
        {
            if (call.IsEnded)
            {
                throw call.ToException(call.GetStatus());
            }

            using var framed = call.Frame(message, WriteOptions);
            await SendAsync(framed.WrittenMemory);
        }
        finally
        {
            lock (_lock)
            {
                _isWriting = false;
            }
        }
    }

    public Task CompleteAsync()
    {
        lock (_lock)
        {
            if (_isWriting)
            {
                return Task.FromException(
                    new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
            }

            _isCompleted = true;
        }

        _completed.TrySetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task RunAsync(Stream stream)
    {
        _stream.TrySetResult(stream);
        return _completed.Task;
    }

    /// <summary>The call has ended: nothing more goes out.</summary>
    public void Abort()
    {
        _stream.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> framed)
    {
        try
        {
            var stream = await _stream.Task;
            await stream.WriteAsync(framed, call.CancellationToken);
            await stream.FlushAsync(call.CancellationToken);
        }
        catch (Exception failure)
        {
            throw call.ToException(call.Resolve("Error writing message.", failure));
        }
    }
}

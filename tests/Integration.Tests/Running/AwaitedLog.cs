using System.Text;

namespace ImageBuilder.Integration.Tests.Running;

/// <summary>A log that is followed, and that tells when it has come to a text.</summary>
/// <param name="text">The text.</param>
public sealed class AwaitedLog(string text) : MemoryStream
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the text is there.</summary>
    public Task Arrived => _arrived.Task;

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await base.WriteAsync(buffer, cancellationToken);
        if (ToString().Contains(text, StringComparison.Ordinal))
        {
            _arrived.TrySetResult();
        }
    }

    /// <summary>All that came so far.</summary>
    public override string ToString() => Encoding.UTF8.GetString(ToArray());
}

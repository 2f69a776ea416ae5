namespace ImageBuilder.Registry.Transport;

/// <summary>A failure that may be gone on the next try; never leaves this room.</summary>
/// <param name="failure">What is told when no try is left.</param>
/// <param name="retryAfter">How long the other side asked to wait, if it did.</param>
#pragma warning disable CA1032, CA1064 // Internal, and made in one way only.
internal sealed class TransientFailureException(RegistryException failure, TimeSpan? retryAfter = null) : Exception(failure.Message, failure)
#pragma warning restore CA1032, CA1064
{
    public RegistryException Failure { get; } = failure;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}

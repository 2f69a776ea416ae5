namespace ImageBuilder.Registry.Credentials;

/// <summary>What was learned where credentials come from: a value, nothing, or why it failed. A failure is an answer too, so that it is kept for a while.</summary>
/// <param name="Value">What was asked for; null when there is none, or it failed.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
internal sealed record CredentialAnswer<T>(T? Value, CredentialsException? Failure = null) where T : class
{
    /// <summary>The value, or null.</summary>
    /// <exception cref="CredentialsException">It failed.</exception>
    public T? GetValue() => Failure is null ? Value : throw new CredentialsException(Failure.Message, Failure);

    /// <inheritdoc />
    public override string ToString() => Failure?.Message ?? (Value is null ? "none" : "an answer (redacted)");
}

namespace Orleans;

/// <summary>Why an activation ends.</summary>
public readonly struct DeactivationReason(DeactivationReasonCode code, Exception? exception, string text)
{
    /// <summary>A reason without an error.</summary>
    public DeactivationReason(DeactivationReasonCode code, string text)
        : this(code, null, text)
    {
    }

    /// <summary>The kind.</summary>
    public DeactivationReasonCode ReasonCode { get; } = code;

    /// <summary>The error, if one led to it.</summary>
    public Exception? Exception { get; } = exception;

    /// <summary>In words.</summary>
    public string Description { get; } = text;

    /// <inheritdoc />
    public override string ToString() => Exception is null ? $"{ReasonCode}: {Description}" : $"{ReasonCode}: {Description}. Exception: {Exception}";
}

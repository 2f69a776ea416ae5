namespace Grpc.Core;

/// <summary>What a <see cref="ContextPropagationToken"/> carries on.</summary>
public class ContextPropagationOptions
{
    /// <summary>Chooses.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the deadline goes on.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether cancellation goes on.</summary>
    public bool IsPropagateCancellation { get; }
}

namespace Grpc.Core;

/// <summary>Stands for a call whose deadline and cancellation another call takes over; Grpc.AspNetCore makes none either.</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}

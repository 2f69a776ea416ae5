namespace Grpc.Core;

/// <summary>The requests of a streaming client call.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>No more requests come.</summary>
    Task CompleteAsync();
}

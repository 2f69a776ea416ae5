namespace Grpc.Core;

/// <summary>The responses of a streaming server method.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}

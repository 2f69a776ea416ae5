using Grpc.Core;
using Grpc.Core.Interceptors;
using ImageBuilder.Grains;

namespace ImageBuilder.Gateway;

/// <summary>Tells callers, in either API, that what is stored of what they asked for is damaged: asking again does not help, mending it does.</summary>
internal sealed class UnreadableStateInterceptor : Interceptor
{
    /// <inheritdoc />
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (UnreadableStateException error)
        {
            throw Tell(error);
        }
    }

    /// <inheritdoc />
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (UnreadableStateException error)
        {
            throw Tell(error);
        }
    }

    private static RpcException Tell(UnreadableStateException error) =>
        new(new Status(StatusCode.DataLoss, $"what the service has stored of this cannot be read: {error.Message}"));
}

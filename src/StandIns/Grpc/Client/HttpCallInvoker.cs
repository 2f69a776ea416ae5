using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Starts calls on a channel. As in Grpc.Net.Client, a call's host is not used: the authority is that of the channel's address.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        return new AsyncUnaryCall<TResponse>(call.StartUnaryResponse(request), Headers, GetStatus, GetTrailers, Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        return new AsyncServerStreamingCall<TResponse>(call.StartStreamingResponse(request), Headers, GetStatus, GetTrailers, Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        var response = call.StartUnaryResponse(null);
        return new AsyncClientStreamingCall<TRequest, TResponse>(call.Requests!, response, Headers, GetStatus, GetTrailers, Dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        var responses = call.StartStreamingResponse(null);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(call.Requests!, responses, Headers, GetStatus, GetTrailers, Dispose, call);
    }

    private static Task<Metadata> Headers(object call) => ((ClientCall)call).ResponseHeadersAsync;

    private static Status GetStatus(object call) => ((ClientCall)call).GetStatus();

    private static Metadata GetTrailers(object call) => ((ClientCall)call).GetTrailers();

    private static void Dispose(object call) => ((ClientCall)call).Dispose();
}

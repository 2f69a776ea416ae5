namespace Grpc.Core;

/// <summary>Names a host in every call.</summary>
internal sealed class HostCallInvoker(CallInvoker invoker, string defaultHost) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        invoker.BlockingUnaryCall(method, host ?? defaultHost, options, request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        invoker.AsyncUnaryCall(method, host ?? defaultHost, options, request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        invoker.AsyncServerStreamingCall(method, host ?? defaultHost, options, request);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        invoker.AsyncClientStreamingCall(method, host ?? defaultHost, options);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        invoker.AsyncDuplexStreamingCall(method, host ?? defaultHost, options);
}

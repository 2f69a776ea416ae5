using Grpc.Core;
using Grpc.Core.Interceptors;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Interceptors;

public sealed class ClientInterceptorTests
{
    [Fact]
    public async Task Intercept_AddsAHeader_EveryKindOfCallCarriesIt()
    {
        await using var server = await EchoServer.StartAsync();
        var seen = new List<string?>();
        server.Behaviour.Unary = (request, context) =>
        {
            seen.Add(context.RequestHeaders.GetValue("x-mark"));
            return Task.FromResult(request);
        };
        server.Behaviour.ServerStream = (_, _, context) =>
        {
            seen.Add(context.RequestHeaders.GetValue("x-mark"));
            return Task.CompletedTask;
        };
        var client = new Echo.EchoClient(server.Channel.Intercept(new Marker("outer"), new Marker("inner")));

        await client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();
        client.Unary(new EchoMessage());
        using var call = client.ServerStream(new EchoMessage());
        await call.ResponseStream.MoveNext().Patiently();

        seen.ShouldBe(["outer,inner", "outer,inner", "outer,inner"]);
    }

    private sealed class Marker(string mark) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Mark(context));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Mark(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(request, Mark(context));

        private ClientInterceptorContext<TRequest, TResponse> Mark<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            var before = context.Options.Headers?.GetValue("x-mark");
            var headers = new Metadata { { "x-mark", before is null ? mark : $"{before},{mark}" } };
            return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers));
        }
    }
}

using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using ImageBuilder.Grpc.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ImageBuilder.Grpc.Tests.Interceptors;

public sealed class ServerInterceptorTests
{
    [Fact]
    public async Task Interceptors_TwoOfThem_SurroundEveryKindOfCallInOrder()
    {
        var journal = new ConcurrentQueue<string>();
        await using var server = await EchoServer.StartAsync(
            options =>
            {
                options.Interceptors.Add<Journalist>("outer");
                options.Interceptors.Add<Journalist>("inner");
            },
            services => services.AddSingleton(journal));

        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();
        TakeAll(journal).ShouldBe(["outer: unary", "inner: unary", "inner: end", "outer: end"]);

        using var clientStream = server.Client.ClientStream();
        await clientStream.RequestStream.CompleteAsync();
        await clientStream.ResponseAsync.Patiently();
        TakeAll(journal).ShouldBe(["outer: client", "inner: client", "inner: end", "outer: end"]);

        using var serverStream = server.Client.ServerStream(new EchoMessage());
        await serverStream.ResponseStream.MoveNext().Patiently();
        TakeAll(journal).ShouldBe(["outer: server", "inner: server", "inner: end", "outer: end"]);

        using var duplex = server.Client.Duplex();
        await duplex.RequestStream.CompleteAsync();
        await duplex.ResponseStream.MoveNext().Patiently();
        TakeAll(journal).ShouldBe(["outer: duplex", "inner: duplex", "inner: end", "outer: end"]);
    }

    [Fact]
    public async Task Interceptor_Registered_IsTakenFromTheServices()
    {
        var journal = new ConcurrentQueue<string>();
        await using var server = await EchoServer.StartAsync(
            options => options.Interceptors.Add<Journalist>(),
            services => services.AddSingleton(new Journalist(journal, "registered")));

        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();

        TakeAll(journal).ShouldBe(["registered: unary", "registered: end"]);
    }

    [Fact]
    public async Task Interceptor_MadeForACall_IsDisposedWithIt()
    {
        var journal = new ConcurrentQueue<string>();
        await using var server = await EchoServer.StartAsync(
            options => options.Interceptors.Add<Disposable>(), services => services.AddSingleton(journal));

        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();

        TakeAll(journal).ShouldBe(["disposed"]);
    }

    [Fact]
    public async Task Interceptor_ChangesTheFailure_ClientSeesTheChange()
    {
        await using var server = await EchoServer.StartAsync(options => options.Interceptors.Add<Translator>());
        server.Behaviour.Unary = (_, _) => throw new FileNotFoundException("no such file");

        (await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync()).Status
            .ShouldSatisfyAllConditions(s => s.StatusCode.ShouldBe(StatusCode.NotFound), s => s.Detail.ShouldBe("no such file"));
    }

    [Fact]
    public void Add_NoInterceptor_Throws() => Should.Throw<ArgumentException>(
        () => new global::Grpc.AspNetCore.Server.InterceptorCollection { { typeof(string), Array.Empty<object>() } });

    private static List<string> TakeAll(ConcurrentQueue<string> journal)
    {
        var lines = journal.ToList();
        journal.Clear();
        return lines;
    }

    private sealed class Journalist(ConcurrentQueue<string> journal, string name) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            journal.Enqueue($"{name}: unary");
            var response = await continuation(request, context);
            journal.Enqueue($"{name}: end");
            return response;
        }

        public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            journal.Enqueue($"{name}: client");
            var response = await continuation(requestStream, context);
            journal.Enqueue($"{name}: end");
            return response;
        }

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            journal.Enqueue($"{name}: server");
            await continuation(request, responseStream, context);
            journal.Enqueue($"{name}: end");
        }

        public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            journal.Enqueue($"{name}: duplex");
            await continuation(requestStream, responseStream, context);
            journal.Enqueue($"{name}: end");
        }
    }

    private sealed class Disposable(ConcurrentQueue<string> journal) : Interceptor, IDisposable
    {
        public void Dispose() => journal.Enqueue("disposed");
    }

    private sealed class Translator : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            try
            {
                return await continuation(request, context);
            }
            catch (FileNotFoundException failure)
            {
                throw new RpcException(new Status(StatusCode.NotFound, failure.Message));
            }
        }
    }
}

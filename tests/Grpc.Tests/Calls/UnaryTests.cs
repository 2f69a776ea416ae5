using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Grpc.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ImageBuilder.Grpc.Tests.Calls;

public sealed class UnaryTests
{
    [Fact]
    public async Task Unary_Message_ComesBack()
    {
        await using var server = await EchoServer.StartAsync();

        using var call = server.Client.UnaryAsync(new EchoMessage { Text = "hello", Number = 7 });
        var response = await call.ResponseAsync.Patiently();

        response.ShouldBe(new EchoMessage { Text = "hello", Number = 7 });
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        call.GetTrailers().ShouldBeEmpty();
    }

    [Fact]
    public async Task Unary_EmptyMessage_ComesBack()
    {
        await using var server = await EchoServer.StartAsync();

        (await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently()).ShouldBe(new EchoMessage());
    }

    [Fact]
    public async Task Unary_MessageOfManyBuffers_ComesBack()
    {
        await using var server = await EchoServer.StartAsync();
        var content = new byte[3_500_000];
        Random.Shared.NextBytes(content);

        var response = await server.Client.UnaryAsync(new EchoMessage { Content = ByteString.CopyFrom(content) }).ResponseAsync.Patiently();

        response.Content.Span.SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Unary_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        await using var server = await EchoServer.StartAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 2000).Select(async i => (await server.Client.UnaryAsync(new EchoMessage { Number = i, Text = new string('x', i % 300) })).Number))
            .Patiently();

        answers.ShouldBe(Enumerable.Range(0, 2000));
    }

    [Fact]
    public async Task Unary_Blocking_Answers()
    {
        await using var server = await EchoServer.StartAsync();

        server.Client.Unary(new EchoMessage { Number = 5 }).Number.ShouldBe(5);
    }

    [Fact]
    public async Task Unary_MethodReturnsNull_IsCancelled()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, _) => Task.FromResult<EchoMessage>(null!);

        var failure = await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.Cancelled);
        failure.Status.Detail.ShouldBe("No message returned from method.");
    }

    [Fact]
    public async Task Unary_UnregisteredService_IsMadeForTheCallAndDisposedAfterIt()
    {
        var disposed = Patience.Signal();
        await using var server = await EchoServer.StartAsync(
            services: services => services.AddSingleton(disposed),
            map: application => application.MapGrpcService<DisposableService>());

        var method = new Method<EchoMessage, EchoMessage>(
            MethodType.Unary, "imagebuilder.tests.Second", "Unary", MarshallerOf.EchoMessage, MarshallerOf.EchoMessage);
        await server.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new EchoMessage()).ResponseAsync.Patiently();

        await disposed.Task.Patiently();
    }

    [Fact]
    public async Task Unary_ContextOfTheCall_DescribesIt()
    {
        await using var server = await EchoServer.StartAsync();
        ServerCallContext? seen = null;
        string? path = null;
        server.Behaviour.Unary = (request, context) =>
        {
            seen = context;
            path = context.GetHttpContext().Request.Path;
            context.Method.ShouldBe("/imagebuilder.tests.Echo/Unary");
            context.Peer.ShouldStartWith("ipv4:127.0.0.1:");
            context.Host.ShouldBe(server.Address.Authority);
            context.Deadline.ShouldBe(DateTime.MaxValue);
            context.AuthContext.IsPeerAuthenticated.ShouldBeFalse();
            context.UserState["key"] = "value";
            return Task.FromResult(request);
        };

        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();

        seen.ShouldNotBeNull();
        path.ShouldBe("/imagebuilder.tests.Echo/Unary");
    }

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailable()
    {
        var server = await EchoServer.StartAsync();
        var address = server.Address;
        await server.DisposeAsync();
        using var channel = GrpcChannel.ForAddress(address);

        var failure = await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public async Task GetStatus_CallGoesOn_Throws()
    {
        await using var server = await EchoServer.StartAsync();
        var release = Patience.Signal();
        server.Behaviour.Unary = async (request, _) =>
        {
            await release.Task;
            return request;
        };

        using var call = server.Client.UnaryAsync(new EchoMessage());
        Should.Throw<InvalidOperationException>(() => call.GetStatus());
        Should.Throw<InvalidOperationException>(() => call.GetTrailers());
        release.SetResult();
        await call.ResponseAsync.Patiently();

        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task CreateCallInvoker_ChannelIsDisposed_Throws()
    {
        await using var server = await EchoServer.StartAsync();
        var channel = GrpcChannel.ForAddress(server.Address);
        channel.Dispose();

        Should.Throw<ObjectDisposedException>(channel.CreateCallInvoker);
    }

    [Fact]
    public async Task ForAddress_OwnHttpClient_IsUsed()
    {
        await using var server = await EchoServer.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler());
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpClient = client });

        (await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage { Number = 3 }).ResponseAsync.Patiently()).Number.ShouldBe(3);
    }

    private sealed class DisposableService(TaskCompletionSource disposed) : SecondBase, IDisposable
    {
        public override Task<EchoMessage> Unary(EchoMessage request, ServerCallContext context) => Task.FromResult(request);

        public void Dispose() => disposed.TrySetResult();
    }
}

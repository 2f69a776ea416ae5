using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Calls;

public sealed class CancellationTests
{
    [Fact]
    public async Task Unary_ClientCancels_BothSidesEnd()
    {
        await using var server = await EchoServer.StartAsync();
        var entered = Patience.Signal();
        var cancelled = Patience.Signal();
        server.Behaviour.Unary = async (request, context) =>
        {
            entered.SetResult();
            await Patience.UntilCancelled(context.CancellationToken);
            cancelled.SetResult();
            return request;
        };
        using var cancellation = new CancellationTokenSource();

        var call = server.Client.UnaryAsync(new EchoMessage(), cancellationToken: cancellation.Token);
        await entered.Task.Patiently();
        await cancellation.CancelAsync();
        var failure = await call.ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.Cancelled);
        failure.Status.Detail.ShouldBe("Call canceled by the client.");
        await cancelled.Task.Patiently();
    }

    [Fact]
    public async Task Unary_TokenIsCancelledBefore_Fails()
    {
        await using var server = await EchoServer.StartAsync();

        var failure = await server.Client.UnaryAsync(new EchoMessage(), cancellationToken: new CancellationToken(canceled: true)).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact]
    public async Task ServerStream_ClientDisposes_ServerIsCancelled()
    {
        await using var server = await EchoServer.StartAsync();
        var cancelled = Patience.Signal();
        server.Behaviour.ServerStream = async (request, responses, context) =>
        {
            await responses.WriteAsync(request);
            await Patience.UntilCancelled(context.CancellationToken);
            cancelled.SetResult();
        };

        var call = server.Client.ServerStream(new EchoMessage());
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
        call.Dispose();

        await cancelled.Task.Patiently();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact]
    public async Task ServerStream_ClientCancelsWhileItReads_ReadFails()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (request, responses, context) =>
        {
            await responses.WriteAsync(request);
            await Patience.UntilCancelled(context.CancellationToken);
        };
        using var cancellation = new CancellationTokenSource();

        using var call = server.Client.ServerStream(new EchoMessage());
        (await call.ResponseStream.MoveNext(cancellation.Token).Patiently()).ShouldBeTrue();
        var reading = call.ResponseStream.MoveNext(cancellation.Token);
        await cancellation.CancelAsync();

        (await reading.FailsAsync()).StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact]
    public async Task Duplex_ClientDisposes_ServerReaderEnds()
    {
        await using var server = await EchoServer.StartAsync();
        var entered = Patience.Signal();
        var ended = Patience.Signal<Exception?>();
        server.Behaviour.Duplex = async (requests, _, _) =>
        {
            entered.SetResult();
            ended.SetResult(await Record.ExceptionAsync(() => requests.MoveNext()));
        };

        var call = server.Client.Duplex();
        await entered.Task.Patiently();
        call.Dispose();

        (await ended.Task.Patiently()).ShouldNotBeNull();
    }

    [Fact]
    public async Task MoveNext_OnServerWithCancelledToken_GivesUp()
    {
        await using var server = await EchoServer.StartAsync();
        using var cancellation = new CancellationTokenSource();
        var ended = Patience.Signal<Exception?>();
        var entered = Patience.Signal();
        server.Behaviour.Duplex = async (requests, _, _) =>
        {
            var reading = requests.MoveNext(cancellation.Token);
            entered.SetResult();
            ended.SetResult(await Record.ExceptionAsync(() => reading));
        };

        using var call = server.Client.Duplex();
        await entered.Task.Patiently();
        await cancellation.CancelAsync();

        (await ended.Task.Patiently()).ShouldBeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task Channel_IsDisposed_CallsEnd()
    {
        await using var server = await EchoServer.StartAsync();
        var entered = Patience.Signal();
        server.Behaviour.Unary = async (request, context) =>
        {
            entered.SetResult();
            await Patience.UntilCancelled(context.CancellationToken);
            return request;
        };

        var call = server.Client.UnaryAsync(new EchoMessage());
        await entered.Task.Patiently();
        server.Channel.Dispose();

        (await call.ResponseAsync.FailsAsync()).StatusCode.ShouldBe(StatusCode.Cancelled);
    }
}

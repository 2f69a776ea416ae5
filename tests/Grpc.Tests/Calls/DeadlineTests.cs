using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Calls;

/// <summary>On a busy machine a deadline may pass before the call is where it is to be; then the next one has twice the time.</summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Unary_DeadlinePasses_ClientIsToldAndServerIsCancelled()
    {
        await using var server = await EchoServer.StartAsync();
        var entered = Patience.Signal();
        var cancelled = Patience.Signal();
        server.Behaviour.Unary = async (request, context) =>
        {
            entered.TrySetResult();
            await Patience.UntilCancelled(context.CancellationToken);
            cancelled.TrySetResult();
            return request;
        };

        for (var time = Shortest; !entered.Task.IsCompleted && time < Patience.Limit; time *= 2)
        {
            var failure = await server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.UtcNow + time).ResponseAsync.FailsAsync();

            failure.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        }

        await cancelled.Task.Patiently();
    }

    [Fact]
    public async Task Unary_ServerIgnoresTheDeadline_ClientIsToldInTime()
    {
        await using var server = await EchoServer.StartAsync();
        var release = Patience.Signal();
        server.Behaviour.Unary = async (request, _) =>
        {
            await release.Task;
            return request;
        };

        var failure = await server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.UtcNow.AddMilliseconds(200)).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        release.SetResult();
    }

    [Fact]
    public async Task Unary_ServerIgnoresTheDeadline_ServerTellsOnTheWire()
    {
        await using var server = await EchoServer.StartAsync();
        var release = Patience.Signal();
        server.Behaviour.Unary = async (request, _) =>
        {
            await release.Task;
            return request;
        };

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage()), headers: ("grpc-timeout", "200m")).Patiently();
        release.SetResult();

        answer.Status.ShouldBe("4");
        answer.Message.ShouldBe("Deadline Exceeded");
        answer.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task ServerStream_DeadlinePassesHalfWay_MessagesThenStatus()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (request, responses, context) =>
        {
            await responses.WriteAsync(request);
            await Patience.UntilCancelled(context.CancellationToken);
            context.CancellationToken.ThrowIfCancellationRequested();
        };

        var hasMessage = false;
        for (var time = Shortest; !hasMessage && time < Patience.Limit; time *= 2)
        {
            using var call = server.Client.ServerStream(new EchoMessage { Number = 9 }, deadline: DateTime.UtcNow + time);
            var failure = await Should.ThrowAsync<RpcException>(async () =>
            {
                hasMessage = await call.ResponseStream.MoveNext().Patiently();
                call.ResponseStream.Current.Number.ShouldBe(9);
                await call.ResponseStream.MoveNext().Patiently();
            });

            failure.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        }

        hasMessage.ShouldBeTrue();
    }

    [Fact]
    public async Task ServerStream_ClientDoesNotReadPastTheDeadline_ServerIsFreed()
    {
        await using var server = await EchoServer.StartAsync();
        var entered = Patience.Signal();
        var ended = Patience.Signal();
        server.Behaviour.ServerStream = async (_, responses, _) =>
        {
            entered.TrySetResult();
            try
            {
                while (true)
                {
                    await responses.WriteAsync(new EchoMessage { Text = new string('x', 50_000) });
                }
            }
            finally
            {
                ended.TrySetResult();
            }
        };

        var calls = new List<AsyncServerStreamingCall<EchoMessage>>();
        for (var time = Shortest; !entered.Task.IsCompleted && time < Patience.Limit; time *= 2)
        {
            calls.Add(server.Client.ServerStream(new EchoMessage(), deadline: DateTime.UtcNow + time));
            await Task.WhenAny(entered.Task, Task.Delay(time));
        }

        await ended.Task.Patiently();
        calls.ForEach(call => call.Dispose());
    }

    [Theory]
    [InlineData("1H", 3600)]
    [InlineData("90M", 5400)]
    [InlineData("100S", 100)]
    [InlineData("100000m", 100)]
    [InlineData("99999999u", 100)]
    public async Task Deadline_Header_IsSeenByTheServer(string header, int seconds)
    {
        await using var server = await EchoServer.StartAsync();
        var deadline = Patience.Signal<DateTime>();
        server.Behaviour.Unary = (request, context) =>
        {
            deadline.SetResult(context.Deadline);
            return Task.FromResult(request);
        };

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage()), headers: ("grpc-timeout", header)).Patiently();

        answer.Status.ShouldBe("0");
        ((await deadline.Task) - DateTime.UtcNow).TotalSeconds.ShouldBeInRange(seconds - 20, seconds + 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("-5S")]
    [InlineData("5x")]
    [InlineData("5 S")]
    [InlineData("0S")]
    public async Task Deadline_NotATimeout_IsIgnored(string header)
    {
        await using var server = await EchoServer.StartAsync();
        var deadline = Patience.Signal<DateTime>();
        server.Behaviour.Unary = (request, context) =>
        {
            deadline.SetResult(context.Deadline);
            return Task.FromResult(request);
        };

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage()), headers: ("grpc-timeout", header)).Patiently();

        answer.Status.ShouldBe("0");
        (await deadline.Task).ShouldBe(DateTime.MaxValue);
    }

    [Fact]
    public async Task Deadline_OfYears_IsKept()
    {
        await using var server = await EchoServer.StartAsync();

        var response = await server.Client.UnaryAsync(new EchoMessage { Number = 1 }, deadline: DateTime.UtcNow.AddYears(50)).ResponseAsync.Patiently();

        response.Number.ShouldBe(1);
    }

    [Fact]
    public async Task Deadline_Past_FailsAtOnce()
    {
        await using var server = await EchoServer.StartAsync();

        var failure = await server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.UtcNow.AddSeconds(-1)).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Fact]
    public async Task Deadline_NotUtc_Throws()
    {
        await using var server = await EchoServer.StartAsync();

        Should.Throw<InvalidOperationException>(
            () => server.Client.UnaryAsync(new EchoMessage(), deadline: DateTime.SpecifyKind(DateTime.UtcNow, DateTimeKind.Local).AddHours(1)));
    }

    [Fact]
    public async Task Deadline_ChannelThrowsOperationCanceled_DoesSo()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = async (request, context) =>
        {
            await Patience.UntilCancelled(context.CancellationToken);
            return request;
        };
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true });

        await Should.ThrowAsync<OperationCanceledException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoMessage(), deadline: DateTime.UtcNow.AddMilliseconds(200)).ResponseAsync.Patiently());
    }
}

using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Calls;

public sealed class StatusTests
{
    [Fact]
    public async Task Status_EveryCode_ReachesTheClient()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (request, _) => throw new RpcException(new Status((StatusCode)request.Number, $"detail {request.Number}"));

        for (var code = 1; code <= 16; code++)
        {
            var failure = await server.Client.UnaryAsync(new EchoMessage { Number = code }).ResponseAsync.FailsAsync();
            failure.Status.StatusCode.ShouldBe((StatusCode)code);
            failure.Status.Detail.ShouldBe($"detail {code}");
        }
    }

    [Theory]
    [InlineData("100 % sure")]
    [InlineData("cannot resolve image: grüße, 日本語 🦀")]
    [InlineData("line one\nline two\r\n\ttab")]
    [InlineData("%41 is not A")]
    public async Task Detail_AnyText_ReachesTheClient(string detail)
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, detail));

        (await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync()).Status.Detail.ShouldBe(detail);
    }

    [Fact]
    public async Task Detail_OnTheWire_IsPercentEncodedUtf8()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "ü 5%\n"));

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage())).Patiently();

        answer.Message.ShouldBe("%C3%BC 5%25%0A");
        answer.IsTrailersOnly.ShouldBeTrue();
    }

    [Fact]
    public async Task Exception_Unhandled_IsUnknownWithoutDetails()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, _) => throw new InvalidOperationException("secret");

        var failure = await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.Unknown);
        failure.Status.Detail.ShouldBe("Exception was thrown by handler.");
    }

    [Fact]
    public async Task Exception_UnhandledWithDetailedErrors_IsTold()
    {
        await using var server = await EchoServer.StartAsync(options => options.EnableDetailedErrors = true);
        server.Behaviour.Unary = (_, _) => throw new InvalidOperationException("outer", new ArgumentException("inner"));

        var failure = await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync();

        failure.Status.Detail.ShouldBe("Exception was thrown by handler. InvalidOperationException: outer ArgumentException: inner");
    }

    [Fact]
    public async Task Status_SetOnTheContext_ReachesTheClient()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = (_, _, context) =>
        {
            context.Status = new Status(StatusCode.OutOfRange, "too far");
            return Task.CompletedTask;
        };

        using var call = server.Client.ServerStream(new EchoMessage());

        (await call.ResponseStream.MoveNext().FailsAsync()).Status.ShouldBe(new Status(StatusCode.OutOfRange, "too far"));
    }

    [Fact]
    public async Task Method_NotImplemented_IsUnimplemented()
    {
        await using var server = await EchoServer.StartAsync();

        (await server.Client.MissingAsync(new EchoMessage()).ResponseAsync.FailsAsync()).StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Theory]
    [InlineData("/imagebuilder.tests.Echo/Nothing", "Method is unimplemented.")]
    [InlineData("/imagebuilder.tests.Nothing/Unary", "Service is unimplemented.")]
    public async Task Method_NotKnown_IsUnimplemented(string path, string detail)
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(server.Address, path, RawCall.Frame(new EchoMessage())).Patiently();

        answer.HttpStatus.ShouldBe(System.Net.HttpStatusCode.OK);
        answer.Status.ShouldBe("12");
        answer.Message.ShouldBe(detail);
        answer.IsTrailersOnly.ShouldBeTrue();
    }

    [Fact]
    public void ToString_Status_TellsCodeAndDetail()
    {
        new Status(StatusCode.NotFound, "gone").ToString().ShouldBe("Status(StatusCode=\"NotFound\", Detail=\"gone\")");
        new RpcException(new Status(StatusCode.NotFound, "gone")).Message.ShouldBe("Status(StatusCode=\"NotFound\", Detail=\"gone\")");
    }
}

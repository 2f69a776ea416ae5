using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Calls;

public sealed class MetadataTests
{
    private static readonly byte[] Bytes = [0, 1, 2, 250, 255];

    [Fact]
    public async Task Headers_TextAndBytes_ReachTheServerWithoutTheTransportsOwn()
    {
        await using var server = await EchoServer.StartAsync();
        var seen = Patience.Signal<Metadata>();
        server.Behaviour.Unary = (request, context) =>
        {
            seen.SetResult(context.RequestHeaders);
            return Task.FromResult(request);
        };

        await server.Client.UnaryAsync(new EchoMessage(), new Metadata { { "x-text", "value" }, { "x-bytes-bin", Bytes } }).ResponseAsync.Patiently();
        var headers = await seen.Task;

        headers.GetValue("x-text").ShouldBe("value");
        headers.GetValueBytes("X-Bytes-Bin").ShouldBe(Bytes);
        headers.GetValue("user-agent").ShouldNotBeNull().ShouldStartWith("grpc-dotnet/");
        headers.Select(entry => entry.Key).ShouldNotContain(key => key == "content-type" || key == "te" || key == "host" || key.StartsWith(':') || key == "grpc-accept-encoding");
    }

    [Theory]
    [InlineData("AAEC+v8=")]
    [InlineData("AAEC+v8")]
    public async Task Headers_BytesWithAndWithoutPadding_AreDecoded(string value)
    {
        await using var server = await EchoServer.StartAsync();
        var seen = Patience.Signal<byte[]?>();
        server.Behaviour.Unary = (request, context) =>
        {
            seen.SetResult(context.RequestHeaders.GetValueBytes("x-bytes-bin"));
            return Task.FromResult(request);
        };

        await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage()), headers: ("x-bytes-bin", value)).Patiently();

        (await seen.Task.Patiently()).ShouldBe(Bytes);
    }

    [Fact]
    public async Task Headers_NotBase64_FailTheCallThatReadsThem()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (request, context) => Task.FromResult(new EchoMessage { Number = context.RequestHeaders.Count });

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage()), headers: ("x-bytes-bin", "!!!")).Patiently();

        answer.Status.ShouldBe("2");
    }

    [Fact]
    public async Task ResponseHeaders_WrittenEarly_ComeBeforeTheResponse()
    {
        await using var server = await EchoServer.StartAsync();
        var release = Patience.Signal();
        server.Behaviour.Unary = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "x-text", "value" }, { "x-bytes-bin", Bytes } });
            await release.Task;
            return request;
        };

        using var call = server.Client.UnaryAsync(new EchoMessage());
        var headers = await call.ResponseHeadersAsync.Patiently();
        call.ResponseAsync.IsCompleted.ShouldBeFalse();
        release.SetResult();
        await call.ResponseAsync.Patiently();

        headers.GetValue("x-text").ShouldBe("value");
        headers.GetValueBytes("x-bytes-bin").ShouldBe(Bytes);
    }

    [Fact]
    public async Task ResponseHeaders_WrittenTwice_Throw()
    {
        await using var server = await EchoServer.StartAsync();
        var failure = Patience.Signal<Exception?>();
        server.Behaviour.Unary = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata());
            failure.SetResult(await Record.ExceptionAsync(() => context.WriteResponseHeadersAsync(new Metadata())));
            return request;
        };

        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();

        (await failure.Task).ShouldBeOfType<InvalidOperationException>().Message.ShouldBe("Response headers can only be sent once per call.");
    }

    [Fact]
    public async Task ResponseHeaders_CallFails_TaskFailsOrIsEmpty()
    {
        var server = await EchoServer.StartAsync();
        await server.DisposeAsync();
        using var channel = global::Grpc.Net.Client.GrpcChannel.ForAddress(server.Address);

        using var call = new Echo.EchoClient(channel).UnaryAsync(new EchoMessage());

        await call.ResponseHeadersAsync.FailsAsync();
    }

    [Fact]
    public async Task Trailers_OfASuccess_ReachTheClient()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (request, context) =>
        {
            context.ResponseTrailers.Add("x-text", "value");
            context.ResponseTrailers.Add("x-bytes-bin", Bytes);
            return Task.FromResult(request);
        };

        using var call = server.Client.UnaryAsync(new EchoMessage());
        await call.ResponseAsync.Patiently();

        call.GetTrailers().GetValue("x-text").ShouldBe("value");
        call.GetTrailers().GetValueBytes("x-bytes-bin").ShouldBe(Bytes);
    }

    [Fact]
    public async Task Trailers_OfTheContextAndOfTheException_BothReachTheClient()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, context) =>
        {
            context.ResponseTrailers.Add("x-context", "1");
            throw new RpcException(new Status(StatusCode.Aborted, "again"), new Metadata { { "x-exception", "2" }, { "x-bytes-bin", Bytes } });
        };

        var failure = await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync();

        failure.StatusCode.ShouldBe(StatusCode.Aborted);
        failure.Trailers.GetValue("x-context").ShouldBe("1");
        failure.Trailers.GetValue("x-exception").ShouldBe("2");
        failure.Trailers.GetValueBytes("x-bytes-bin").ShouldBe(Bytes);
    }

    [Fact]
    public async Task Trailers_AfterMessages_ReachTheClient()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (request, responses, context) =>
        {
            await responses.WriteAsync(request);
            context.ResponseTrailers.Add("x-text", "value");
        };

        using var call = server.Client.ServerStream(new EchoMessage());
        while (await call.ResponseStream.MoveNext().Patiently())
        {
            Should.Throw<InvalidOperationException>(() => call.GetTrailers());
        }

        call.GetTrailers().GetValue("x-text").ShouldBe("value");
    }

    [Fact]
    public void Entry_BadKeysAndValues_Throw()
    {
        Should.Throw<ArgumentException>(() => new Metadata.Entry("with space", "value"));
        Should.Throw<ArgumentException>(() => new Metadata.Entry("text-bin", "value"));
        Should.Throw<ArgumentException>(() => new Metadata.Entry("text", Bytes));
        Should.Throw<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));
        Should.Throw<InvalidOperationException>(() => new Metadata.Entry("key-bin", Bytes).Value);
        new Metadata.Entry("UPPER", "value").Key.ShouldBe("upper");
    }

    [Fact]
    public void Get_KeyOccursTwice_LastWinsAndGetAllHasBoth()
    {
        var metadata = new Metadata { { "key", "1" }, { "other", "x" }, { "KEY", "2" } };

        metadata.GetValue("Key").ShouldBe("2");
        metadata.GetAll("key").Select(entry => entry.Value).ShouldBe(["1", "2"]);
        metadata.Get("none").ShouldBeNull();
        metadata.GetValue("none").ShouldBeNull();
    }
}

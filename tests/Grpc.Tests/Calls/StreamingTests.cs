using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Calls;

public sealed class StreamingTests
{
    [Fact]
    public async Task ServerStream_ManyMessages_ComeInOrder()
    {
        await using var server = await EchoServer.StartAsync();

        using var call = server.Client.ServerStream(new EchoMessage { Text = "line", Number = 1000 });
        var numbers = new List<int>();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            numbers.Add(message.Number);
        }

        numbers.ShouldBe(Enumerable.Range(0, 1000));
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task ServerStream_NoMessage_EndsWithOk()
    {
        await using var server = await EchoServer.StartAsync();

        using var call = server.Client.ServerStream(new EchoMessage());

        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeFalse();
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task ServerStream_FailsAfterMessages_MessagesThenStatus()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (request, responses, _) =>
        {
            await responses.WriteAsync(request);
            throw new RpcException(new Status(StatusCode.DataLoss, "gone"));
        };

        using var call = server.Client.ServerStream(new EchoMessage { Number = 1 });
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
        var failure = await call.ResponseStream.MoveNext().FailsAsync();

        failure.Status.ShouldBe(new Status(StatusCode.DataLoss, "gone"));
        call.GetStatus().StatusCode.ShouldBe(StatusCode.DataLoss);
    }

    [Fact]
    public async Task ClientStream_ManyMessages_AreSummed()
    {
        await using var server = await EchoServer.StartAsync();

        using var call = server.Client.ClientStream();
        for (var i = 1; i <= 100; i++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Number = i }).Patiently();
        }

        await call.RequestStream.CompleteAsync();

        (await call.ResponseAsync.Patiently()).Number.ShouldBe(5050);
    }

    [Fact]
    public async Task ClientStream_NoMessage_Answers()
    {
        await using var server = await EchoServer.StartAsync();

        using var call = server.Client.ClientStream();
        await call.RequestStream.CompleteAsync();

        (await call.ResponseAsync.Patiently()).ShouldBe(new EchoMessage());
    }

    [Fact]
    public async Task ClientStream_ServerAnswersEarly_EndsTheCall()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ClientStream = (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "not you"));

        using var call = server.Client.ClientStream();
        (await call.ResponseAsync.FailsAsync()).StatusCode.ShouldBe(StatusCode.PermissionDenied);

        var failure = await call.RequestStream.WriteAsync(new EchoMessage()).FailsAsync();
        failure.StatusCode.ShouldBe(StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Duplex_QuestionByQuestion_EachIsAnsweredBeforeTheNext()
    {
        await using var server = await EchoServer.StartAsync();

        using var call = server.Client.Duplex();
        for (var i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Number = i }).Patiently();
            (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
            call.ResponseStream.Current.Number.ShouldBe(i);
        }

        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeFalse();
    }

    [Fact]
    public async Task Duplex_BothSidesAtFullSpeed_LoseNothing()
    {
        await using var server = await EchoServer.StartAsync();
        var content = ByteString.CopyFrom(new byte[10_000]);

        using var call = server.Client.Duplex();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await call.RequestStream.WriteAsync(new EchoMessage { Number = i, Content = content });
            }

            await call.RequestStream.CompleteAsync();
        });
        var next = 0;
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            message.Number.ShouldBe(next++);
        }

        await writing.Patiently();
        next.ShouldBe(1000);
    }

    [Fact]
    public async Task WriteAsync_StreamIsCompleted_Throws()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Duplex();
        await call.RequestStream.CompleteAsync();

        var failure = await Should.ThrowAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoMessage()));

        failure.Message.ShouldBe("Request stream has already been completed.");
    }

    [Fact]
    public async Task WriteAsync_OnServerWhileAnotherGoesOn_Throws()
    {
        await using var server = await EchoServer.StartAsync();
        var seen = Patience.Signal<Exception?>();
        server.Behaviour.ServerStream = async (_, responses, _) =>
        {
            Task write;
            do
            {
                write = responses.WriteAsync(new EchoMessage { Content = ByteString.CopyFrom(new byte[100_000]) });
            }
            while (write.IsCompleted);
            seen.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new EchoMessage())));
            await write;
        };

        using var call = server.Client.ServerStream(new EchoMessage());
        (await seen.Task.Patiently()).ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task WriteAsync_OnServerAfterTheMethodReturned_Throws()
    {
        await using var server = await EchoServer.StartAsync();
        IServerStreamWriter<EchoMessage>? kept = null;
        server.Behaviour.ServerStream = (_, responses, _) =>
        {
            kept = responses;
            return Task.CompletedTask;
        };

        using var call = server.Client.ServerStream(new EchoMessage());
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeFalse();

        await Should.ThrowAsync<InvalidOperationException>(() => kept!.WriteAsync(new EchoMessage()));
    }

    [Fact]
    public async Task MoveNext_WhileAnotherGoesOn_Throws()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Duplex();

        var reading = call.ResponseStream.MoveNext();
        await Should.ThrowAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        await call.RequestStream.CompleteAsync();

        (await reading.Patiently()).ShouldBeFalse();
    }

    [Fact]
    public async Task WriteAsync_BufferHint_ArrivesWithTheNextOne()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (_, responses, _) =>
        {
            responses.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
            await responses.WriteAsync(new EchoMessage { Number = 1 });
            responses.WriteOptions = WriteOptions.Default;
            await responses.WriteAsync(new EchoMessage { Number = 2 });
        };

        using var call = server.Client.ServerStream(new EchoMessage());
        (await call.ResponseStream.ReadAllAsync().Select(message => message.Number).ToListAsync()).ShouldBe([1, 2]);
    }
}

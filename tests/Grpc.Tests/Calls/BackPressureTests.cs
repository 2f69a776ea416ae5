using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Calls;

public sealed class BackPressureTests
{
    private const int Messages = 600;
    private static readonly ByteString Content = ByteString.CopyFrom(new byte[100_000]);

    [Fact]
    public async Task ServerStream_ClientDoesNotRead_ServerWaitsThenLosesNothing()
    {
        await using var server = await EchoServer.StartAsync();
        var progress = new Progress();
        server.Behaviour.ServerStream = async (_, responses, _) =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await progress.RunAsync(responses.WriteAsync(new EchoMessage { Number = i, Content = Content }));
            }
        };

        using var call = server.Client.ServerStream(new EchoMessage());
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
        await progress.UntilStuckAsync(server);
        progress.Done.ShouldBeLessThan(Messages / 2);

        var next = 1;
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            message.Number.ShouldBe(next++);
        }

        next.ShouldBe(Messages);
    }

    [Fact]
    public async Task ClientStream_ServerDoesNotRead_ClientWaitsThenLosesNothing()
    {
        await using var server = await EchoServer.StartAsync();
        var release = Patience.Signal();
        server.Behaviour.ClientStream = async (requests, _) =>
        {
            await release.Task;
            var count = 0;
            await foreach (var request in requests.ReadAllAsync())
            {
                request.Number.ShouldBe(count++);
            }

            return new EchoMessage { Number = count };
        };

        var progress = new Progress();
        using var call = server.Client.ClientStream();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await progress.RunAsync(call.RequestStream.WriteAsync(new EchoMessage { Number = i, Content = Content }));
            }

            await call.RequestStream.CompleteAsync();
        });
        await progress.UntilStuckAsync(server);
        progress.Done.ShouldBeLessThan(Messages / 2);
        release.SetResult();
        await writing.Patiently();

        (await call.ResponseAsync.Patiently()).Number.ShouldBe(Messages);
    }

    [Fact]
    public async Task ServerStream_ClientLeavesWithoutReading_WriterIsFreed()
    {
        await using var server = await EchoServer.StartAsync();
        var progress = new Progress();
        var ended = Patience.Signal();
        server.Behaviour.ServerStream = async (_, responses, _) =>
        {
            try
            {
                while (true)
                {
                    await progress.RunAsync(responses.WriteAsync(new EchoMessage { Content = Content }));
                }
            }
            finally
            {
                ended.SetResult();
            }
        };

        var call = server.Client.ServerStream(new EchoMessage());
        await progress.UntilStuckAsync(server);
        call.Dispose();

        await ended.Task.Patiently();
    }

    /// <summary>How far a writer has come.</summary>
    private sealed class Progress
    {
        private volatile int _done;
        private volatile Task _write = Task.CompletedTask;

        public int Done => _done;

        public async Task RunAsync(Task write)
        {
            _write = write;
            await write;
            _done++;
        }

        /// <summary>Waits until one and the same write has been going on for as long as a hundred other calls take.</summary>
        public async Task UntilStuckAsync(EchoServer server)
        {
            for (var calls = 0; calls < 100; calls++)
            {
                var write = _write;
                await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.Patiently();
                if (write.IsCompleted || write != _write)
                {
                    calls = 0;
                }
            }
        }
    }
}

using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Protocol;

public sealed class MessageSizeTests
{
    private const string Received = "Received message exceeds the maximum configured message size.";
    private const string Sending = "Sending message exceeds the maximum configured message size.";

    [Fact]
    public async Task Receive_ServersLimit_IsResourceExhausted()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = 1000);

        (await server.Client.UnaryAsync(OfSize(990)).ResponseAsync.Patiently()).CalculateSize().ShouldBe(990);
        (await server.Client.UnaryAsync(OfSize(1000)).ResponseAsync.Patiently()).CalculateSize().ShouldBe(1000);
        (await server.Client.UnaryAsync(OfSize(1001)).ResponseAsync.FailsAsync()).Status
            .ShouldSatisfyAllConditions(s => s.StatusCode.ShouldBe(StatusCode.ResourceExhausted), s => s.Detail.ShouldBe(Received));
    }

    [Fact]
    public async Task Receive_ServersDefault_IsFourMebibytes()
    {
        await using var server = await EchoServer.StartAsync();

        (await server.Client.UnaryAsync(OfSize((4 * 1024 * 1024) + 1)).ResponseAsync.FailsAsync()).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Receive_NoLimits_TakesLargeMessages()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = null);
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxReceiveMessageSize = null });

        (await new Echo.EchoClient(channel).UnaryAsync(OfSize(20_000_000)).ResponseAsync.Patiently()).CalculateSize().ShouldBe(20_000_000);
    }

    [Fact]
    public async Task Send_ServersLimit_IsResourceExhausted()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxSendMessageSize = 1000);
        server.Behaviour.Unary = (request, _) => Task.FromResult(OfSize(request.Number));

        (await server.Client.UnaryAsync(new EchoMessage { Number = 1000 }).ResponseAsync.Patiently()).CalculateSize().ShouldBe(1000);
        (await server.Client.UnaryAsync(new EchoMessage { Number = 1001 }).ResponseAsync.FailsAsync()).Status
            .ShouldSatisfyAllConditions(s => s.StatusCode.ShouldBe(StatusCode.ResourceExhausted), s => s.Detail.ShouldBe(Sending));
    }

    [Fact]
    public async Task Receive_ClientsLimit_IsResourceExhausted()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (_, responses, _) =>
        {
            await responses.WriteAsync(OfSize(10));
            await responses.WriteAsync(OfSize(10_000));
        };
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxReceiveMessageSize = 1000 });

        using var call = new Echo.EchoClient(channel).ServerStream(new EchoMessage());
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();

        (await call.ResponseStream.MoveNext().FailsAsync()).Status
            .ShouldSatisfyAllConditions(s => s.StatusCode.ShouldBe(StatusCode.ResourceExhausted), s => s.Detail.ShouldBe(Received));
    }

    [Fact]
    public async Task Send_ClientsLimit_IsResourceExhausted()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxSendMessageSize = 1000 });

        (await new Echo.EchoClient(channel).UnaryAsync(OfSize(1001)).ResponseAsync.FailsAsync()).Status
            .ShouldSatisfyAllConditions(s => s.StatusCode.ShouldBe(StatusCode.ResourceExhausted), s => s.Detail.ShouldBe(Sending));
    }

    private static EchoMessage OfSize(int size)
    {
        var message = new EchoMessage { Content = ByteString.CopyFrom(new byte[size - 6]) };
        while (message.CalculateSize() != size)
        {
            message.Content = ByteString.CopyFrom(new byte[message.Content.Length + size - message.CalculateSize()]);
        }

        return message;
    }
}

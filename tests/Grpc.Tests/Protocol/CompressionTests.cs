using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Grpc.Tests.Hosting;
using ImageBuilder.Testing;

namespace ImageBuilder.Grpc.Tests.Protocol;

public sealed class CompressionTests
{
    private static readonly EchoMessage Large = new() { Text = new string('a', 100_000) };

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Response_ServerCompressesAndClientAccepts_IsCompressed(string encoding)
    {
        await using var server = await EchoServer.StartAsync(options =>
        {
            options.ResponseCompressionAlgorithm = encoding;
            options.ResponseCompressionLevel = CompressionLevel.Optimal;
        });

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(Large), headers: ("grpc-accept-encoding", "identity, gzip,deflate")).Patiently();

        answer.Status.ShouldBe("0");
        answer.Header("grpc-encoding").ShouldBe(encoding);
        answer.Body[0].ShouldBe((byte)1);
        answer.Body.Length.ShouldBeLessThan(2_000);
        EchoMessage.Parser.ParseFrom(Decompress(encoding, answer.Body.AsMemory(5))).ShouldBe(Large);
        (await server.Client.UnaryAsync(Large).ResponseAsync.Patiently()).ShouldBe(Large);
    }

    [StandInFact(typeof(RpcException), "the official package writes an empty message as no bytes at all, which is not gzip")]
    public async Task Response_EmptyMessage_IsNotCompressed()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(new EchoMessage()), headers: ("grpc-accept-encoding", "gzip")).Patiently();

        answer.Body.ShouldBe([0, 0, 0, 0, 0]);
    }

    [Fact]
    public async Task Response_ClientDoesNotAccept_IsNotCompressed()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(Large)).Patiently();

        answer.Header("grpc-encoding").ShouldBeNull();
        answer.Body.ShouldBe(RawCall.Frame(Large));
    }

    [Fact]
    public async Task Response_NoCompress_LeavesThatMessageAlone()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        server.Behaviour.Unary = (request, context) =>
        {
            context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
            return Task.FromResult(request);
        };

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(Large), headers: ("grpc-accept-encoding", "gzip")).Patiently();

        answer.Header("grpc-encoding").ShouldBe("gzip");
        answer.Body.ShouldBe(RawCall.Frame(Large));
    }

    [Fact]
    public async Task Response_MethodAsksForCompression_IsCompressed()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.ServerStream = async (request, responses, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", "gzip" } });
            await responses.WriteAsync(Large);
            await responses.WriteAsync(Large);
        };

        using var call = server.Client.ServerStream(new EchoMessage());

        (await call.ResponseStream.ReadAllAsync().ToListAsync()).ShouldBe([Large, Large]);
    }

    [Fact]
    public async Task Request_ClientCompresses_IsUnderstood()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (request, context) =>
        {
            context.RequestHeaders.ShouldNotContain(entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal));
            return Task.FromResult(request);
        };
        var headers = new Metadata { { "grpc-internal-encoding-request", "gzip" } };

        (await server.Client.UnaryAsync(Large, headers).ResponseAsync.Patiently()).ShouldBe(Large);

        using var call = server.Client.ClientStream(headers);
        await call.RequestStream.WriteAsync(Large).Patiently();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(Large).Patiently();
        await call.RequestStream.CompleteAsync();
        (await call.ResponseAsync.Patiently()).Text.Length.ShouldBe(200_000);
    }

    [StandInFact(typeof(RpcException), "the official package decompresses without a limit")]
    public async Task Request_DecompressesPastTheLimit_IsRefused()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = 1_000_000);
        var bomb = Compress(new EchoMessage { Content = ByteString.CopyFrom(new byte[50_000_000]) }.ToByteArray());
        bomb.Length.ShouldBeLessThan(1_000_000);

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(bomb, compressed: 1), headers: ("grpc-encoding", "gzip")).Patiently();

        answer.Status.ShouldBe("8");
    }

    [StandInFact(typeof(RpcException), "the official package decompresses without a limit")]
    public async Task Response_DecompressesPastTheLimit_IsRefused()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        server.Behaviour.Unary = (_, _) => Task.FromResult(new EchoMessage { Content = ByteString.CopyFrom(new byte[50_000_000]) });
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxReceiveMessageSize = 1_000_000 });

        (await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync()).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    private static byte[] Compress(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(message);
        }

        return compressed.ToArray();
    }

    private static byte[] Decompress(string encoding, ReadOnlyMemory<byte> message)
    {
        using var compressed = new MemoryStream(message.ToArray());
        using Stream stream = encoding == "gzip" ? new GZipStream(compressed, CompressionMode.Decompress) : new ZLibStream(compressed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }
}

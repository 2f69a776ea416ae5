using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ImageBuilder.Grpc.Tests.Protocol;

public sealed class HostileRequestTests
{
    private static readonly byte[] Message = new EchoMessage { Text = "hello" }.ToByteArray();

    [Fact]
    public async Task Request_WellFormed_IsAnswered()
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(Message)).Patiently();

        answer.Status.ShouldBe("0");
        answer.Message.ShouldBeNull();
        answer.IsTrailersOnly.ShouldBeFalse();
        answer.Body.ShouldBe(RawCall.Frame(Message));
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=utf-8")]
    public async Task Request_ContentTypeWithSubtype_IsAnswered(string contentType)
    {
        await using var server = await EchoServer.StartAsync();

        (await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(Message), contentType).Patiently()).Status.ShouldBe("0");
    }

    [Theory]
    [InlineData("application/json", "Content-Type 'application/json' is not supported.")]
    [InlineData("application/grpcx", "Content-Type 'application/grpcx' is not supported.")]
    [InlineData(null, "Content-Type is missing from the request.")]
    public async Task Request_OtherContentType_IsRefused(string? contentType, string detail)
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, RawCall.Frame(Message), contentType).Patiently();

        answer.HttpStatus.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        answer.Status.ShouldBe("13");
        answer.Message.ShouldBe(detail);
    }

    [Fact]
    public async Task Request_OverHttp1_IsRefused()
    {
        await using var server = await EchoServer.StartAsync(protocols: HttpProtocols.Http1);
        using var client = new HttpClient();
        using var content = new ByteArrayContent(RawCall.Frame(Message));
        content.Headers.ContentType = new("application/grpc");

        using var response = await client.PostAsync(new Uri(server.Address, RawCall.UnaryPath), content);

        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
    }

    [Fact]
    public async Task Request_NotPost_IsNotTakenForACall()
    {
        await using var server = await EchoServer.StartAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, RawCall.UnaryPath))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.SendAsync(request);

        response.StatusCode.ShouldBeOneOf(HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Request_NotGrpcToAnUnknownPath_IsNotFound()
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(server.Address, "/some/page", [], "text/plain").Patiently();

        answer.HttpStatus.ShouldBe(HttpStatusCode.NotFound);
    }

    public static TheoryData<string, byte[], string> BadBodies => new()
    {
        { "nothing", [], "13" },
        { "half a header", [0, 0, 0], "13" },
        { "header without message", RawCall.Frame([], length: 10), "13" },
        { "half a message", RawCall.Frame(Message, length: (uint)Message.Length + 5), "13" },
        { "a message and a half", [.. RawCall.Frame(Message), 0, 0], "13" },
        { "two messages", [.. RawCall.Frame(Message), .. RawCall.Frame(Message)], "13" },
        { "length over the limit", RawCall.Frame([1, 2, 3], length: (4 * 1024 * 1024) + 1), "8" },
        { "length near the largest", RawCall.Frame([1, 2, 3], length: int.MaxValue), "8" },
        { "compressed without encoding", RawCall.Frame(Message, compressed: 1), "13" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Body_Bad_FailsTheCall(string what, byte[] body, string status)
    {
        await using var server = await EchoServer.StartAsync();
        var reached = false;
        server.Behaviour.Unary = (request, _) =>
        {
            reached = true;
            return Task.FromResult(request);
        };

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, body).Patiently();

        answer.Status.ShouldBe(status, what);
        answer.Message.ShouldNotBeNullOrEmpty();
        reached.ShouldBeFalse();
    }

    public static TheoryData<string, byte[], string> StrangeBodies => new()
    {
        { "length beyond a signed number", RawCall.Frame([1], length: uint.MaxValue), "identity" },
        { "flag that is neither 0 nor 1", RawCall.Frame(Message, compressed: 7), "identity" },
        { "not protobuf", RawCall.Frame([0xff, 0xff, 0xff, 0xff]), "identity" },
        { "not gzip", RawCall.Frame([1, 2, 3, 4], compressed: 1), "gzip" },
        { "text that is not UTF-8, cut short", RawCall.Frame([10, 200, 1]), "identity" },
    };

    [Theory]
    [MemberData(nameof(StrangeBodies))]
    public async Task Body_Strange_FailsTheCallAndNotTheServer(string what, byte[] body, string encoding)
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(server.Address, RawCall.UnaryPath, body, headers: ("grpc-encoding", encoding)).Patiently();

        answer.HttpStatus.ShouldBe(HttpStatusCode.OK);
        answer.Status.ShouldNotBe("0", what);
        (await server.Client.UnaryAsync(new EchoMessage { Number = 1 }).ResponseAsync.Patiently()).Number.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_BadFrameAfterAGoodOne_FailsTheCall()
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(
            server.Address,
            "/imagebuilder.tests.Echo/Duplex",
            [.. RawCall.Frame(Message), .. RawCall.Frame([1, 2, 3], length: 100_000_000)]).Patiently();

        answer.Body.ShouldBe(RawCall.Frame(Message));
        answer.Status.ShouldBe("8");
    }

    [Fact]
    public async Task Stream_CutShort_FailsTheCall()
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(
            server.Address, "/imagebuilder.tests.Echo/ClientStream", [.. RawCall.Frame(Message), .. RawCall.Frame(Message)[..^2]]).Patiently();

        answer.Status.ShouldBe("13");
        answer.Message.ShouldBe("Incomplete message.");
    }

    [Fact]
    public async Task Encoding_Unknown_IsUnimplementedAndTellsWhatIsKnown()
    {
        await using var server = await EchoServer.StartAsync();

        var answer = await RawCall.SendAsync(
            server.Address, RawCall.UnaryPath, RawCall.Frame(Message, compressed: 1), headers: ("grpc-encoding", "br")).Patiently();

        answer.Status.ShouldBe("12");
        answer.Message.ShouldBe("Unsupported grpc-encoding value 'br'. Supported encodings: identity, gzip, deflate");
        answer.Header("grpc-accept-encoding").ShouldBe("identity,gzip,deflate");
    }

    [Theory]
    [InlineData("<html>no</html>", "text/html", 200, StatusCode.Cancelled)]
    [InlineData("", "application/grpc", 200, StatusCode.Cancelled)]
    [InlineData("no", "text/plain", 404, StatusCode.Unimplemented)]
    [InlineData("no", "text/plain", 401, StatusCode.Unauthenticated)]
    [InlineData("no", "text/plain", 403, StatusCode.PermissionDenied)]
    [InlineData("no", "text/plain", 503, StatusCode.Unavailable)]
    [InlineData("no", "text/plain", 418, StatusCode.Unknown)]
    public async Task Answer_NotGrpc_FailsTheCallOnTheClient(string body, string contentType, int httpStatus, StatusCode status)
    {
        await using var server = await EchoServer.StartAsync(map: application => application.Use(async (HttpContext context, RequestDelegate _) =>
        {
            context.Response.StatusCode = httpStatus;
            context.Response.ContentType = contentType;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        }));

        (await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync()).StatusCode.ShouldBe(status);
    }
}

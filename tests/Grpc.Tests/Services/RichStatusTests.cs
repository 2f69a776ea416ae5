using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;

namespace ImageBuilder.Grpc.Tests.Services;

public sealed class RichStatusTests
{
    [Fact]
    public async Task RichStatus_Thrown_ReachesTheClientWithItsDetails()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, _) => throw new Google.Rpc.Status
        {
            Code = (int)Code.ResourceExhausted,
            Message = "upstream registry responds with 'too many request'",
            Details =
            {
                Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) }),
                Any.Pack(new ErrorInfo { Reason = "RATE_LIMITED", Domain = "registry.example", Metadata = { ["host"] = "docker.io" } }),
                Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "ref", Description = "empty" } } }),
            },
        }.ToRpcException();

        var failure = await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync();
        var status = failure.GetRpcStatus().ShouldNotBeNull();

        failure.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        failure.Status.Detail.ShouldBe("upstream registry responds with 'too many request'");
        status.Code.ShouldBe((int)Code.ResourceExhausted);
        status.GetDetail<RetryInfo>()!.RetryDelay.Seconds.ShouldBe(30);
        status.GetDetail<ErrorInfo>()!.Metadata["host"].ShouldBe("docker.io");
        status.GetDetail<BadRequest>()!.FieldViolations.Single().Field.ShouldBe("ref");
    }

    [Fact]
    public async Task RichStatus_NotThere_IsNull()
    {
        await using var server = await EchoServer.StartAsync();
        server.Behaviour.Unary = (_, _) => throw new RpcException(new global::Grpc.Core.Status(StatusCode.NotFound, "plain"));

        (await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.FailsAsync()).GetRpcStatus().ShouldBeNull();
    }

    [Fact]
    public void ToRpcException_CodeThatGrpcDoesNotHave_IsUnknown() =>
        new Google.Rpc.Status { Code = 999, Message = "odd" }.ToRpcException().StatusCode.ShouldBe(StatusCode.Unknown);

    [Fact]
    public void GetRpcStatus_Malformed_ThrowsUnlessTold()
    {
        var trailers = new Metadata { { MetadataExtensions.StatusDetailsTrailerName, [0xff, 0xff] } };

        Should.Throw<Google.Protobuf.InvalidProtocolBufferException>(() => trailers.GetRpcStatus());
        trailers.GetRpcStatus(ignoreParseError: true).ShouldBeNull();
    }
}

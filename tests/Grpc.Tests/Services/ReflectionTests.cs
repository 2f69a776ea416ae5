using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using ImageBuilder.Grpc.Tests.Hosting;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using V1 = Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace ImageBuilder.Grpc.Tests.Services;

public sealed class ReflectionTests
{
    private static readonly string[] Services = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "imagebuilder.tests.Echo"];

    [Fact]
    public async Task ListServices_V1_TellsEveryMappedService()
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new V1.ServerReflectionRequest { ListServices = "*" });

        answer.ListServicesResponse.Service.Select(service => service.Name).Order().ShouldBe(Services);
    }

    [Fact]
    public async Task ListServices_V1Alpha_TellsEveryMappedService()
    {
        await using var server = await StartAsync();

        using var call = new V1Alpha.ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new V1Alpha.ServerReflectionRequest { ListServices = "*" }).Patiently();
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();

        call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).Order().ShouldBe(Services);
    }

    [Theory]
    [InlineData("imagebuilder.tests.Echo")]
    [InlineData("imagebuilder.tests.Echo.Unary")]
    [InlineData("imagebuilder.tests.EchoMessage")]
    public async Task FileContainingSymbol_Known_IsTheDescriptor(string symbol)
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new V1.ServerReflectionRequest { FileContainingSymbol = symbol });

        var file = FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto[0]);
        file.Name.ShouldBe("echo.proto");
        file.Service.Single().Name.ShouldBe("Echo");
    }

    [Fact]
    public async Task FileByFilename_WithoutDependencies_IsThatFile()
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new V1.ServerReflectionRequest { FileByFilename = "echo.proto" });

        answer.FileDescriptorResponse.FileDescriptorProto.ShouldBe([EchoReflection.Descriptor.SerializedData]);
    }

    [StandInFact(typeof(RpcException), "the official package leaves original_request out")]
    public async Task AnyQuestion_IsSentBackWithItsAnswer()
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new V1.ServerReflectionRequest { FileByFilename = "echo.proto", Host = "somewhere" });

        answer.OriginalRequest.Host.ShouldBe("somewhere");
    }

    [Fact]
    public async Task Questions_OfThingsUnknown_AreAnsweredWithErrorsAndTheStreamGoesOn()
    {
        await using var server = await StartAsync();
        using var call = new V1.ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();

        foreach (var (question, code) in new (V1.ServerReflectionRequest, StatusCode)[]
        {
            (new() { FileContainingSymbol = "no.Symbol" }, StatusCode.NotFound),
            (new() { FileByFilename = "no.proto" }, StatusCode.NotFound),
            (new() { AllExtensionNumbersOfType = "imagebuilder.tests.EchoMessage" }, StatusCode.Unimplemented),
            (new(), StatusCode.Unimplemented),
        })
        {
            await call.RequestStream.WriteAsync(question).Patiently();
            (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
            call.ResponseStream.Current.ErrorResponse.ErrorCode.ShouldBe((int)code);
        }

        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeFalse();
    }

    [Fact]
    public async Task MapGrpcReflectionService_NotAdded_Throws() =>
        await Should.ThrowAsync<InvalidOperationException>(() => EchoServer.StartAsync(map: application => application.MapGrpcReflectionService()));

    private static Task<EchoServer> StartAsync() => EchoServer.StartAsync(
        services: services => services.AddGrpcReflection(), map: application => application.MapGrpcReflectionService());

    private static async Task<V1.ServerReflectionResponse> AskAsync(EchoServer server, V1.ServerReflectionRequest question)
    {
        using var call = new V1.ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(question).Patiently();
        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
        return call.ResponseStream.Current;
    }
}

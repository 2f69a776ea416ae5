using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

/// <summary>grpc.reflection.v1.</summary>
internal sealed class ReflectionService(DescriptorIndex index) : ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(Answer(request), context.CancellationToken);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse
                {
                    Service = { index.Services.Select(name => new ServiceResponse { Name = name }) },
                };
                return response;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename when index.FindFile(request.FileByFilename) is { } files:
                response.FileDescriptorResponse = new FileDescriptorResponse { FileDescriptorProto = { files } };
                return response;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol when index.FindSymbol(request.FileContainingSymbol) is { } files:
                response.FileDescriptorResponse = new FileDescriptorResponse { FileDescriptorProto = { files } };
                return response;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                return Refuse(response, StatusCode.NotFound, "File not found.");
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                return Refuse(response, StatusCode.NotFound, "Symbol not found.");
            default:
                return Refuse(response, StatusCode.Unimplemented, "Request type not supported by C# reflection service.");
        }
    }

    private static ServerReflectionResponse Refuse(ServerReflectionResponse response, StatusCode code, string message)
    {
        response.ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message };
        return response;
    }
}

using Grpc.Core;

namespace ImageBuilder.Grpc.Tests.Hosting;

internal sealed class EchoService(EchoBehaviour behaviour) : Echo.EchoBase
{
    public override Task<EchoMessage> Unary(EchoMessage request, ServerCallContext context) => behaviour.Unary(request, context);

    public override Task<EchoMessage> ClientStream(IAsyncStreamReader<EchoMessage> requestStream, ServerCallContext context) =>
        behaviour.ClientStream(requestStream, context);

    public override Task ServerStream(EchoMessage request, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context) =>
        behaviour.ServerStream(request, responseStream, context);

    public override Task Duplex(
        IAsyncStreamReader<EchoMessage> requestStream, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context) =>
        behaviour.Duplex(requestStream, responseStream, context);
}

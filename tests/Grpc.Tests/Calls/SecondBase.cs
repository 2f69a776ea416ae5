using Grpc.Core;

namespace ImageBuilder.Grpc.Tests.Calls;

/// <summary>A service written by hand, as the code generator would.</summary>
[BindServiceMethod(typeof(SecondBase), nameof(BindService))]
public abstract class SecondBase
{
    private static readonly Method<EchoMessage, EchoMessage> UnaryMethod = new(
        MethodType.Unary, "imagebuilder.tests.Second", "Unary", MarshallerOf.EchoMessage, MarshallerOf.EchoMessage);

    public static void BindService(ServiceBinderBase serviceBinder, SecondBase? serviceImpl) =>
        serviceBinder.AddMethod(UnaryMethod, serviceImpl is null ? null : new UnaryServerMethod<EchoMessage, EchoMessage>(serviceImpl.Unary));

    public abstract Task<EchoMessage> Unary(EchoMessage request, ServerCallContext context);
}

using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>On the endpoint of each mapped method: which one it is.</summary>
public sealed class GrpcMethodMetadata
{
    /// <summary>Describes a method.</summary>
    public GrpcMethodMetadata(Type serviceType, IMethod method)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        ArgumentNullException.ThrowIfNull(method);
        ServiceType = serviceType;
        Method = method;
    }

    /// <summary>The class that implements it.</summary>
    public Type ServiceType { get; }

    /// <summary>The method.</summary>
    public IMethod Method { get; }
}

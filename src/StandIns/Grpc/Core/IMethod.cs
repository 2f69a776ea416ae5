namespace Grpc.Core;

/// <summary>A method of a service.</summary>
public interface IMethod
{
    /// <summary>Which sides stream.</summary>
    MethodType Type { get; }

    /// <summary>The service with its package, for example "grpc.health.v1.Health".</summary>
    string ServiceName { get; }

    /// <summary>The method alone.</summary>
    string Name { get; }

    /// <summary>"/service/method", which is the path of its HTTP requests.</summary>
    string FullName { get; }
}

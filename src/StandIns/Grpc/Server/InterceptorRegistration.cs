namespace Grpc.AspNetCore.Server;

/// <summary>An interceptor's type and the arguments that make one.</summary>
public class InterceptorRegistration
{
    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        Arguments = arguments;
    }

    /// <summary>The type.</summary>
    public Type Type { get; }

    /// <summary>Constructor arguments that do not come from the services.</summary>
    public IReadOnlyList<object> Arguments { get; }
}

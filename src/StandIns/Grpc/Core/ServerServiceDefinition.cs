namespace Grpc.Core;

/// <summary>A service instance's methods.</summary>
public class ServerServiceDefinition
{
    private readonly IReadOnlyList<Action<ServiceBinderBase>> _methods;

    private ServerServiceDefinition(IReadOnlyList<Action<ServiceBinderBase>> methods) => _methods = methods;

    /// <summary>Starts a definition.</summary>
    public static Builder CreateBuilder() => new();

    internal void BindService(ServiceBinderBase binder)
    {
        foreach (var add in _methods)
        {
            add(binder);
        }
    }

    /// <summary>Collects methods.</summary>
    public class Builder
    {
        private readonly List<Action<ServiceBinderBase>> _methods = [];

        /// <summary>Adds a method of one request, one response.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class
        {
            _methods.Add(binder => binder.AddMethod(method, handler));
            return this;
        }

        /// <summary>Adds a method of many requests, one response.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class
        {
            _methods.Add(binder => binder.AddMethod(method, handler));
            return this;
        }

        /// <summary>Adds a method of one request, many responses.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class
        {
            _methods.Add(binder => binder.AddMethod(method, handler));
            return this;
        }

        /// <summary>Adds a method of many requests, many responses.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class
        {
            _methods.Add(binder => binder.AddMethod(method, handler));
            return this;
        }

        /// <summary>Ends the definition.</summary>
        public ServerServiceDefinition Build() => new([.. _methods]);
    }
}

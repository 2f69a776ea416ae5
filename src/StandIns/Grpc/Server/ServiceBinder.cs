using System.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// Turns the methods of <typeparamref name="TService"/>, told by its generated BindService, into request delegates. All reflection is done
/// here, once; a call runs through delegates.
/// </summary>
internal sealed class ServiceBinder<TService>(GrpcServiceOptions options, ILoggerFactory loggerFactory) : ServiceBinderBase
    where TService : class
{
    private readonly ILogger _logger = loggerFactory.CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler");
    private readonly Activator<TService> _service = new(typeof(TService), []);
    private readonly List<Activator<Interceptor>> _interceptors =
        [.. options.Interceptors.Reverse().Select(registration => new Activator<Interceptor>(registration.Type, registration.Arguments))];

    public List<(IMethod Method, RequestDelegate Handler, object[] Metadata)> Methods { get; } = [];

    /// <exception cref="InvalidOperationException">The type is no generated service.</exception>
    public void Bind()
    {
        var attribute = typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)
            ?? throw new InvalidOperationException($"{typeof(TService)} does not derive from a generated gRPC service.");
        var bind = attribute.BindType
            .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Single(method => method.Name == attribute.BindMethodName
                && method.GetParameters() is [{ ParameterType: var first }, _] && first == typeof(ServiceBinderBase));
        bind.Invoke(null, [this, null]);
    }

    /// <inheritdoc />
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method.Name, typeof(TRequest), typeof(ServerCallContext));
        var call = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        UnaryServerMethod<TRequest, TResponse> pipeline = async (request, context) =>
        {
            var service = _service.Get(Services(context), out var isOwned);
            try
            {
                return await call(service, request, context);
            }
            finally
            {
                await Activator<TService>.ReleaseAsync(service, isOwned);
            }
        };
        foreach (var activator in _interceptors)
        {
            var next = pipeline;
            pipeline = async (request, context) =>
            {
                var interceptor = activator.Get(Services(context), out var isOwned);
                try
                {
                    return await interceptor.UnaryServerHandler(request, context, next);
                }
                finally
                {
                    await Activator<Interceptor>.ReleaseAsync(interceptor, isOwned);
                }
            };
        }

        Add(method, implementation, async context =>
        {
            var request = await context.Reader.ReadSingleAsync(method.RequestMarshaller.ContextualDeserializer, CancellationToken.None);
            await RespondAsync(context, method, await pipeline(request, context));
        });
    }

    /// <inheritdoc />
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var call = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        ClientStreamingServerMethod<TRequest, TResponse> pipeline = async (requests, context) =>
        {
            var service = _service.Get(Services(context), out var isOwned);
            try
            {
                return await call(service, requests, context);
            }
            finally
            {
                await Activator<TService>.ReleaseAsync(service, isOwned);
            }
        };
        foreach (var activator in _interceptors)
        {
            var next = pipeline;
            pipeline = async (requests, context) =>
            {
                var interceptor = activator.Get(Services(context), out var isOwned);
                try
                {
                    return await interceptor.ClientStreamingServerHandler(requests, context, next);
                }
                finally
                {
                    await Activator<Interceptor>.ReleaseAsync(interceptor, isOwned);
                }
            };
        }

        Add(method, implementation, async context =>
        {
            var reader = new ServerStreamReader<TRequest>(context, method.RequestMarshaller.ContextualDeserializer);
            TResponse? response;
            try
            {
                response = await pipeline(reader, context);
            }
            finally
            {
                reader.Complete();
            }

            await RespondAsync(context, method, response);
        });
    }

    /// <inheritdoc />
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var call = implementation.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        ServerStreamingServerMethod<TRequest, TResponse> pipeline = async (request, responses, context) =>
        {
            var service = _service.Get(Services(context), out var isOwned);
            try
            {
                await call(service, request, responses, context);
            }
            finally
            {
                await Activator<TService>.ReleaseAsync(service, isOwned);
            }
        };
        foreach (var activator in _interceptors)
        {
            var next = pipeline;
            pipeline = async (request, responses, context) =>
            {
                var interceptor = activator.Get(Services(context), out var isOwned);
                try
                {
                    await interceptor.ServerStreamingServerHandler(request, responses, context, next);
                }
                finally
                {
                    await Activator<Interceptor>.ReleaseAsync(interceptor, isOwned);
                }
            };
        }

        Add(method, implementation, async context =>
        {
            var request = await context.Reader.ReadSingleAsync(method.RequestMarshaller.ContextualDeserializer, CancellationToken.None);
            var writer = new ServerStreamWriter<TResponse>(context, method.ResponseMarshaller.ContextualSerializer);
            try
            {
                await pipeline(request, writer, context);
            }
            finally
            {
                writer.Complete();
            }
        });
    }

    /// <inheritdoc />
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(
            method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var call = implementation
            .CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        DuplexStreamingServerMethod<TRequest, TResponse> pipeline = async (requests, responses, context) =>
        {
            var service = _service.Get(Services(context), out var isOwned);
            try
            {
                await call(service, requests, responses, context);
            }
            finally
            {
                await Activator<TService>.ReleaseAsync(service, isOwned);
            }
        };
        foreach (var activator in _interceptors)
        {
            var next = pipeline;
            pipeline = async (requests, responses, context) =>
            {
                var interceptor = activator.Get(Services(context), out var isOwned);
                try
                {
                    await interceptor.DuplexStreamingServerHandler(requests, responses, context, next);
                }
                finally
                {
                    await Activator<Interceptor>.ReleaseAsync(interceptor, isOwned);
                }
            };
        }

        Add(method, implementation, async context =>
        {
            var reader = new ServerStreamReader<TRequest>(context, method.RequestMarshaller.ContextualDeserializer);
            var writer = new ServerStreamWriter<TResponse>(context, method.ResponseMarshaller.ContextualSerializer);
            try
            {
                await pipeline(reader, writer, context);
            }
            finally
            {
                reader.Complete();
                writer.Complete();
            }
        });
    }

    private static IServiceProvider Services(ServerCallContext context) => context.GetHttpContext().RequestServices;

    private static async Task RespondAsync<TRequest, TResponse>(
        HttpServerCallContext context, Method<TRequest, TResponse> method, TResponse? response)
        where TResponse : class
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        if (!context.IsDeadlineExceeded)
        {
            await context.WriteAsync(response, method.ResponseMarshaller.ContextualSerializer, flush: false, CancellationToken.None);
        }
    }

    private static MethodInfo Find(string name, params Type[] parameters) =>
        typeof(TService).GetMethod(name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"Could not find '{name}' on {typeof(TService)}.");

    private void Add(IMethod method, MethodInfo implementation, Func<HttpServerCallContext, Task> run) => Methods.Add((
        method,
        new ServerCallHandler(method, options, run, _logger).HandleAsync,
        [.. typeof(TService).GetCustomAttributes(inherit: true), .. implementation.GetCustomAttributes(inherit: true)]));
}

using ImageBuilder.Gateway.Following;
using ImageBuilder.Gateway.Metrics;
using ImageBuilder.Gateway.Requests;
using ImageBuilder.Gateway.Services;
using ImageBuilder.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ImageBuilder.Gateway;

/// <summary>Puts the gateway into a web application.</summary>
public static class GatewayHosting
{
    /// <summary>Longest message that is taken: 100 MiB.</summary>
    private const int MaxReceiveMessageSize = 100 << 20;

    /// <summary>Longest message that is sent: 16 MiB.</summary>
    private const int MaxSendMessageSize = 16 << 20;

    /// <summary>Adds the gateway's services. The host provides grains (IGrainFactory) and a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        ResidentMemory.Register();
        OpenStreams.Publish();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxReceiveMessageSize;
            grpc.MaxSendMessageSize = MaxSendMessageSize;
            grpc.Interceptors.Add<GrpcServerMetricsInterceptor>();
            grpc.Interceptors.Add<UnreadableStateInterceptor>();
        });
        services.AddSingleton(provider => new GrpcServerMetricsInterceptor(
            Prometheus.Metrics.DefaultFactory, provider.GetRequiredService<TimeProvider>()));
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks();
        services.TryAddSingleton<GrainCalls>();
        return services
            .AddSingleton(options)
            .AddSingleton(new RegistryAccessReader(options.Repositories))
            .AddSingleton<UnreadableStateInterceptor>()
            .AddSingleton<NamedImages>()
            .AddSingleton<Images>()
            .AddSingleton<Orders>()
            .AddSingleton<LogRelays>()
            .AddSingleton<BuildFollower>()
            .AddSingleton<BuildList>()
            .AddSingleton<OpenStreams>();
    }

    /// <summary>Maps the gRPC services.</summary>
    public static void MapGateway(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ImageBuilderService>();
        endpoints.MapGrpcService<BuildsService>();
        endpoints.MapGrpcReflectionService();
        endpoints.MapGrpcHealthChecksService();
    }
}

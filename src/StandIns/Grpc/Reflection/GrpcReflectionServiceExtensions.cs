using Grpc.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds server reflection.</summary>
public static class GrpcReflectionServiceExtensions
{
    /// <summary>Adds what MapGrpcReflectionService needs.</summary>
    public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<DescriptorIndex>();
        services.TryAddSingleton<ReflectionService>();
        services.TryAddSingleton<ReflectionAlphaService>();
        return services;
    }
}

using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Makes endpoints of services, and those that answer UNIMPLEMENTED.</summary>
internal sealed class ServiceMapper(IOptions<GrpcServiceOptions> options, ILoggerFactory loggerFactory)
{
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);

    public IReadOnlyList<IEndpointConventionBuilder> Map<TService>(IEndpointRouteBuilder routes)
        where TService : class
    {
        var answersUnknown = options.Value.IgnoreUnknownServices != true;
        var endpoints = new List<IEndpointConventionBuilder>();
        if (answersUnknown && _services.Count == 0)
        {
            endpoints.Add(MapUnimplemented(routes, "{grpcService}", "Service is unimplemented."));
        }

        var binder = new ServiceBinder<TService>(options.Value, loggerFactory);
        binder.Bind();
        foreach (var (method, handler, metadata) in binder.Methods)
        {
            endpoints.Add(routes.Map(method.FullName, handler)
                .WithMetadata([new GrpcMethodMetadata(typeof(TService), method), new HttpMethodMetadata([HttpMethods.Post]), .. metadata])
                .WithDisplayName($"gRPC - {method.FullName}"));
            if (_services.Add(method.ServiceName) && answersUnknown)
            {
                endpoints.Add(MapUnimplemented(routes, method.ServiceName, "Method is unimplemented."));
            }
        }

        return endpoints;
    }

    private static IEndpointConventionBuilder MapUnimplemented(IEndpointRouteBuilder routes, string service, string detail)
    {
        var pattern = RoutePatternFactory.Parse(
            $"{service}/{{grpcMethod}}", defaults: null, parameterPolicies: new { grpcMethod = new GrpcRequestConstraint() });
        return routes.Map(pattern, (RequestDelegate)AnswerAsync).WithDisplayName($"gRPC - {service}: {detail}");

        Task AnswerAsync(HttpContext context)
        {
            ServerResponse.SetTrailersOnly(context.Response, new Status(StatusCode.Unimplemented, detail));
            return Task.CompletedTask;
        }
    }
}

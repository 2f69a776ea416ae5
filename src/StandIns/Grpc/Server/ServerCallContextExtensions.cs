using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>What a call on ASP.NET Core offers beside <see cref="ServerCallContext"/>.</summary>
public static class ServerCallContextExtensions
{
    private const string HttpContextKey = "__HttpContext";

    /// <summary>The HTTP request that the call came in; a context made by a test keeps it in its user state under "__HttpContext".</summary>
    /// <exception cref="InvalidOperationException">The call did not come over ASP.NET Core.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        return serverCallContext is HttpServerCallContext context
            ? context.HttpContext
            : serverCallContext.UserState.TryGetValue(HttpContextKey, out var value) && value is HttpContext http
                ? http
                : throw new InvalidOperationException(
                    "Could not get HttpContext from ServerCallContext. HttpContext can only be accessed when gRPC services are hosted by ASP.NET Core.");
    }
}

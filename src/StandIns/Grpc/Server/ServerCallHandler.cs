using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>The endpoint of one method: from HTTP request to call, and from the method's end to status and trailers.</summary>
internal sealed partial class ServerCallHandler(IMethod method, GrpcServiceOptions options, Func<HttpServerCallContext, Task> run, ILogger logger)
{
    public Task HandleAsync(HttpContext httpContext)
    {
        var request = httpContext.Request;
        if (!GrpcHeaders.IsGrpc(request.ContentType))
        {
            return Refuse(
                httpContext,
                StatusCodes.Status415UnsupportedMediaType,
                request.ContentType is null ? "Content-Type is missing from the request." : $"Content-Type '{request.ContentType}' is not supported.");
        }

        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            httpContext.Response.Headers[HeaderNames.Upgrade] = "HTTP/2";
            return Refuse(httpContext, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
        }

        if (method.Type is not MethodType.Unary)
        {
            httpContext.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        }

        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
        {
            LiftRequestLimits(httpContext);
        }

        return RunAsync(new HttpServerCallContext(httpContext, options, logger));
    }

    private static Task Refuse(HttpContext httpContext, int httpStatus, string detail)
    {
        httpContext.Response.StatusCode = httpStatus;
        ServerResponse.SetTrailers(httpContext.Response, null, new Status(StatusCode.Internal, detail));
        return Task.CompletedTask;
    }

    // A stream may be as long and as quiet as it likes.
    private static void LiftRequestLimits(HttpContext httpContext)
    {
        if (httpContext.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        if (httpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    private async Task RunAsync(HttpServerCallContext context)
    {
        try
        {
            await run(context);
        }
        catch (RpcException failure)
        {
            LogStatus(logger, method.FullName, failure.StatusCode, failure.Status.Detail, failure.Status.DebugException);
            foreach (var entry in failure.Trailers)
            {
                context.ResponseTrailers.Add(entry);
            }

            context.Status = failure.Status;
        }
        catch (Exception failure)
        {
            if (failure is OperationCanceledException or IOException && context.CancellationToken.IsCancellationRequested)
            {
                LogCancelled(logger, method.FullName, failure);
            }
            else
            {
                LogThrew(logger, method.FullName, failure);
            }

            const string Message = "Exception was thrown by handler.";
            context.Status = new Status(
                StatusCode.Unknown,
                options.EnableDetailedErrors == true ? $"{Message} {ExceptionText.Of(failure)}" : Message,
                failure);
        }

        await context.EndAsync();
    }
}

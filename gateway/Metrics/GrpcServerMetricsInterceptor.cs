using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Prometheus;

namespace ImageBuilder.Gateway.Metrics;

/// <summary>
/// Counts calls and messages, and times calls, under the names, labels and codes that Go's gRPC servers use, so that dashboards and alerts
/// made for the old service go on working (wire contract, metrics). One instance serves all calls.
/// </summary>
internal sealed class GrpcServerMetricsInterceptor : Interceptor
{
    private static readonly string[] MethodLabels = ["grpc_type", "grpc_service", "grpc_method"];

    private readonly ConcurrentDictionary<(string Method, MethodType Type), GrpcMethodMetrics> _methods = new();
    private readonly TimeProvider _clock;
    private readonly Counter _started;
    private readonly Counter _handled;
    private readonly Counter _received;
    private readonly Counter _sent;
    private readonly Histogram _seconds;

    /// <summary>Registers the metrics in <paramref name="metrics"/>.</summary>
    public GrpcServerMetricsInterceptor(IMetricFactory metrics, TimeProvider clock)
    {
        _clock = clock;
        _started = metrics.CreateCounter("grpc_server_started_total", "Total number of RPCs started on the server.", MethodLabels);
        _handled = metrics.CreateCounter(
            "grpc_server_handled_total", "Total number of RPCs completed on the server, regardless of success or failure.", [.. MethodLabels, "grpc_code"]);
        _received = metrics.CreateCounter(
            "grpc_server_msg_received_total", "Total number of RPC stream messages received on the server.", MethodLabels);
        _sent = metrics.CreateCounter("grpc_server_msg_sent_total", "Total number of gRPC stream messages sent by the server.", MethodLabels);
        _seconds = metrics.CreateHistogram(
            "grpc_server_handling_seconds",
            "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
            MethodLabels,
            new HistogramConfiguration { Buckets = [.005, .025, .05, .1, .5, 1, 2.5, 5, 30, 60, 120, 240, 600] });
    }

    /// <inheritdoc />
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        // Resolves come this way by the thousand: no closure, and one state machine.
        var metrics = Find(context, MethodType.Unary);
        metrics.Received.Inc();
        var started = Begin(metrics);
        var code = StatusCode.Unknown;
        TResponse response;
        try
        {
            response = await continuation(request, context);
            code = context.Status.StatusCode;
        }
        catch (Exception failure)
        {
            code = CodeOf(failure, context);
            throw;
        }
        finally
        {
            End(metrics, started, code);
        }

        metrics.Sent.Inc();
        return response;
    }

    /// <inheritdoc />
    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var metrics = Find(context, MethodType.ClientStreaming);
        TResponse? response = null;
        await ObserveAsync(
            metrics, context, async () => response = await continuation(new CountingStreamReader<TRequest>(requestStream, metrics.Received), context));
        metrics.Sent.Inc();
        return response!;
    }

    /// <inheritdoc />
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var metrics = Find(context, MethodType.ServerStreaming);
        metrics.Received.Inc();
        return ObserveAsync(
            metrics, context, () => continuation(request, new CountingStreamWriter<TResponse>(responseStream, metrics.Sent), context));
    }

    /// <inheritdoc />
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var metrics = Find(context, MethodType.DuplexStreaming);
        return ObserveAsync(
            metrics,
            context,
            () => continuation(
                new CountingStreamReader<TRequest>(requestStream, metrics.Received),
                new CountingStreamWriter<TResponse>(responseStream, metrics.Sent),
                context));
    }

    private GrpcMethodMetrics Find(ServerCallContext context, MethodType type) => _methods.GetOrAdd(
        (context.Method, type),
        static (key, metrics) =>
        {
            var slash = key.Method.LastIndexOf('/');
            string[] labels = [TypeText(key.Type), key.Method[..slash].TrimStart('/'), key.Method[(slash + 1)..]];
            return new GrpcMethodMetrics(
                metrics._started.WithLabels(labels),
                metrics._received.WithLabels(labels),
                metrics._sent.WithLabels(labels),
                metrics._seconds.WithLabels(labels),
                code => metrics._handled.WithLabels([.. labels, code]));
        },
        this);

    private static string TypeText(MethodType type) => type switch
    {
        MethodType.Unary => "unary",
        MethodType.ClientStreaming => "client_stream",
        MethodType.ServerStreaming => "server_stream",
        _ => "bidi_stream",
    };

    private async Task ObserveAsync(GrpcMethodMetrics metrics, ServerCallContext context, Func<Task> call)
    {
        var started = Begin(metrics);
        var code = StatusCode.Unknown;
        try
        {
            await call();
            code = context.Status.StatusCode;
        }
        catch (Exception failure)
        {
            code = CodeOf(failure, context);
            throw;
        }
        finally
        {
            End(metrics, started, code);
        }
    }

    private long Begin(GrpcMethodMetrics metrics)
    {
        metrics.Started.Inc();
        return _clock.GetTimestamp();
    }

    private void End(GrpcMethodMetrics metrics, long started, StatusCode code)
    {
        metrics.Handled(code).Inc();
        metrics.Seconds.Observe(_clock.GetElapsedTime(started).TotalSeconds);
    }

    private StatusCode CodeOf(Exception failure, ServerCallContext context) =>
        failure is RpcException { StatusCode: var told } ? told
        : !context.CancellationToken.IsCancellationRequested ? StatusCode.Unknown
        : context.Deadline <= _clock.GetUtcNow().UtcDateTime ? StatusCode.DeadlineExceeded
        : StatusCode.Cancelled;
}

using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using State = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>grpc.health.v1.Health over the application's health checks.</summary>
internal sealed class HealthService(
    HealthCheckService checks, PublishedHealth published, IOptions<GrpcHealthChecksOptions> options, IHostApplicationLifetime lifetime)
    : Grpc.Health.V1.Health.HealthBase
{
    /// <summary>One unhealthy check is enough to be NOT_SERVING; no check at all is UNKNOWN.</summary>
    public static State StateOf(IEnumerable<HealthStatus> statuses)
    {
        var state = State.Unknown;
        foreach (var status in statuses)
        {
            if (status == HealthStatus.Unhealthy)
            {
                return State.NotServing;
            }

            state = State.Serving;
        }

        return state;
    }

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        new()
        {
            Status = await FindAsync(request.Service, context.CancellationToken)
                ?? throw new RpcException(new Status(StatusCode.NotFound, string.Empty)),
        };

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, options.Value.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping);
        try
        {
            await using var changes = published.WatchAsync(request.Service, ending.Token).GetAsyncEnumerator(ending.Token);
            var change = changes.MoveNextAsync().AsTask();
            var last = await FindAsync(request.Service, ending.Token) ?? State.ServiceUnknown;
            await responseStream.WriteAsync(new HealthCheckResponse { Status = last }, CancellationToken.None);
            while (await change)
            {
                if (changes.Current != last)
                {
                    last = changes.Current;
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = last }, CancellationToken.None);
                }

                change = changes.MoveNextAsync().AsTask();
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client has gone, or the application stops.
        }

        if (!context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = State.NotServing }, CancellationToken.None);
        }
    }

    private async Task<State?> FindAsync(string service, CancellationToken cancellationToken)
    {
        if (options.Value.UseHealthChecksCache)
        {
            return published.Find(service);
        }

        if (!options.Value.Services.TryGet(service, out var mapping))
        {
            return null;
        }

        var report = await checks.CheckHealthAsync(
            registration => mapping.HealthCheckPredicate(new HealthCheckMapContext(registration.Name, registration.Tags)), cancellationToken);
        return StateOf(report.Entries.Select(entry => entry.Value.Status));
    }
}

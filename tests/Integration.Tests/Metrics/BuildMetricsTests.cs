using ImageBuilder.Contracts.V1;
using ImageBuilder.Integration.Tests.Faults;
using ImageBuilder.Integration.Tests.Running;

namespace ImageBuilder.Integration.Tests.Metrics;

/// <summary>What /metrics says while a build runs and when it has ended.</summary>
public sealed class BuildMetricsTests
{
    [ProcessFact]
    public async Task Metrics_OfABuildThatIsFollowedAndFails_CountIt()
    {
        await using var service = await ScriptedService.StartAsync();
        var build = await service.OrderAsync(1 << 20);
        using var watch = service.Client.Builds.WatchBuild(new WatchBuildRequest { BuildId = build.Id }, cancellationToken: RunningService.Deadline);
        await watch.ResponseStream.MoveNext(RunningService.Deadline);

        await service.MeasuredAsync(
            "imagebuilder_ready 1", "imagebuilder_builds_running 1", "imagebuilder_builds_waiting 0", "imagebuilder_queue_seconds_count 1", "imagebuilder_followers 1");

        service.Go(build);
        await service.EndAsync(build);
        await service.MeasuredAsync(
            "imagebuilder_builds_running 0",
            "imagebuilder_followers 0",
            "gitpod_image_builder_builds_done_total{success=\"false\"} 1",
            "imagebuilder_builds_failed_total{reason=\"build_step_failed\"} 1",
            "imagebuilder_storage_faults_total 0");
    }
}

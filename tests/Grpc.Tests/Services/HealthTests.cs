using Grpc.Core;
using Grpc.Health.V1;
using ImageBuilder.Grpc.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace ImageBuilder.Grpc.Tests.Services;

public sealed class HealthTests
{
    private HealthCheckResult _store = HealthCheckResult.Healthy();

    [Fact]
    public async Task Check_ChecksChange_AnswerChanges()
    {
        await using var server = await StartAsync();
        var client = new Health.HealthClient(server.Channel);

        (await client.CheckAsync(new HealthCheckRequest()).ResponseAsync.Patiently()).Status.ShouldBe(ServingStatus.Serving);
        _store = HealthCheckResult.Degraded();
        (await client.CheckAsync(new HealthCheckRequest()).ResponseAsync.Patiently()).Status.ShouldBe(ServingStatus.Serving);
        _store = HealthCheckResult.Unhealthy();
        (await client.CheckAsync(new HealthCheckRequest()).ResponseAsync.Patiently()).Status.ShouldBe(ServingStatus.NotServing);
    }

    [Fact]
    public async Task Check_MappedService_LooksAtItsOwnChecks()
    {
        await using var server = await StartAsync();
        var client = new Health.HealthClient(server.Channel);
        _store = HealthCheckResult.Unhealthy();

        (await client.CheckAsync(new HealthCheckRequest { Service = "live" }).ResponseAsync.Patiently()).Status.ShouldBe(ServingStatus.Serving);
        (await client.CheckAsync(new HealthCheckRequest { Service = "store" }).ResponseAsync.Patiently()).Status.ShouldBe(ServingStatus.NotServing);
        (await client.CheckAsync(new HealthCheckRequest { Service = "none" }).ResponseAsync.Patiently()).Status.ShouldBe(ServingStatus.Unknown);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        await using var server = await StartAsync();

        var call = new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest { Service = "nobody" }).ResponseAsync;

        (await call.FailsAsync()).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Watch_StateIsPublished_TellsNowAndEveryChange()
    {
        await using var server = await StartAsync();
        await PublishAsync(server, HealthStatus.Healthy);

        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest());
        (await NextAsync(watch)).ShouldBe(ServingStatus.Serving);
        await PublishAsync(server, HealthStatus.Unhealthy);
        (await NextAsync(watch)).ShouldBe(ServingStatus.NotServing);
        await PublishAsync(server, HealthStatus.Unhealthy);
        await PublishAsync(server, HealthStatus.Healthy);
        (await NextAsync(watch)).ShouldBe(ServingStatus.Serving);
    }

    [Fact]
    public async Task Watch_UnknownService_IsServiceUnknownAndStaysOpen()
    {
        await using var server = await StartAsync();

        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest { Service = "nobody" });

        (await NextAsync(watch)).ShouldBe(ServingStatus.ServiceUnknown);
        watch.ResponseStream.MoveNext().IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Watch_ApplicationStops_IsNotServingAndEnds()
    {
        await using var server = await StartAsync();
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest());
        (await NextAsync(watch)).ShouldBe(ServingStatus.Serving);

        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        (await NextAsync(watch)).ShouldBe(ServingStatus.NotServing);
        (await watch.ResponseStream.MoveNext().Patiently()).ShouldBeFalse();
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        (await watch.ResponseStream.MoveNext().Patiently()).ShouldBeTrue();
        return watch.ResponseStream.Current.Status;
    }

    private static async Task PublishAsync(EchoServer server, HealthStatus status)
    {
        var entry = new HealthReportEntry(status, null, TimeSpan.Zero, null, null);
        var report = new HealthReport(new Dictionary<string, HealthReportEntry> { ["store"] = entry }, TimeSpan.Zero);
        foreach (var publisher in server.Services.GetServices<IHealthCheckPublisher>())
        {
            await publisher.PublishAsync(report, CancellationToken.None);
        }
    }

    private Task<EchoServer> StartAsync() => EchoServer.StartAsync(
        services: services =>
        {
            // The test publishes by itself.
            services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.FromHours(1));
            services.AddGrpcHealthChecks(options =>
            {
                options.Services.Map("live", check => check.Tags.Contains("live"));
                options.Services.Map("store", check => check.Name == "store");
                options.Services.Map("none", _ => false);
            })
            .AddCheck("self", () => HealthCheckResult.Healthy(), ["live"])
            .AddCheck("store", () => _store);
        },
        map: application => application.MapGrpcHealthChecksService());
}

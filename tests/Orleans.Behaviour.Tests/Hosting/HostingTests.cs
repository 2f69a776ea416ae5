using ImageBuilder.Orleans.Behaviour.Tests.Activations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;

namespace ImageBuilder.Orleans.Behaviour.Tests.Hosting;

public sealed class HostingTests
{
    [Fact]
    public async Task StartupTask_CallsAGrain_BeforeStartIsOver()
    {
        await using var silo = await Silo.StartAsync(builder => builder.AddStartupTask(async (services, _) =>
            await services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>("started").Activation()));
        silo.Signals.CountOf("started activated").ShouldBe(1);
    }

    [Fact]
    public async Task Lifecycle_Participants_StartInOrderAndStopInReverse()
    {
        var silo = await Silo.StartAsync(builder => builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, Participant>());
        await silo.Grains.GetGrain<ILifeGrain>("between").Activation();
        var signals = silo.Signals;
        await silo.DisposeAsync();
        signals.Log.ShouldBe(["services starts", "active starts", "between began after 0 ended", "active stops", "between ShuttingDown", "services stops"]);
    }

    [Fact]
    public async Task Start_WithoutClustering_Fails()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(_ => { });
        using var host = builder.Build();
        await Should.ThrowAsync<Exception>(() => host.StartAsync());
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.Hosting;

/// <summary>Starts and stops the silo with the host.</summary>
internal sealed class SiloHostedService(
    SiloRuntime runtime,
    SiloLifecycle lifecycle,
    IEnumerable<ILifecycleParticipant<ISiloLifecycle>> participants,
    IOptions<GrainCollectionOptions> collection,
    IServiceProvider services) : IHostedService
{
    // After the application's last stage has stopped: its calls still reach their grains.
    private const int GrainDeactivation = ServiceLifecycleStage.BecomeActive - 1;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<LocalhostClustering>() is null)
        {
            throw new OrleansConfigurationException(
                "Clustering has not been configured. Call UseLocalhostClustering on the silo builder: set 'standin' runs in one process.");
        }

        if (collection.Value.CollectionQuantum <= TimeSpan.Zero || collection.Value.CollectionAge <= collection.Value.CollectionQuantum)
        {
            throw new OrleansConfigurationException(
                $"CollectionAge ({collection.Value.CollectionAge}) must be greater than CollectionQuantum ({collection.Value.CollectionQuantum}), which must be greater than zero.");
        }

        foreach (var participant in participants)
        {
            participant.Participate(lifecycle);
        }

        lifecycle.Subscribe("Grains open", ServiceLifecycleStage.RuntimeInitialize, _ => Open());
        lifecycle.Subscribe("Grains end", GrainDeactivation, _ => Task.CompletedTask, runtime.CloseAsync);
        return lifecycle.StartAsync(cancellationToken);

        Task Open()
        {
            runtime.Open();
            return Task.CompletedTask;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => lifecycle.StopAsync(cancellationToken);
}

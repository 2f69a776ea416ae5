using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Runtime;

/// <summary>The silo of this process: its activations, and the references that lead to them.</summary>
internal sealed partial class SiloRuntime : IClusterClient, IDisposable
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly ConcurrentDictionary<GrainId, StatelessWorkers> _workers = new();
    private readonly GrainClasses _classes;
    private readonly ILogger _logger;
    private ITimer? _collector;
    private volatile bool _isOpen;

    public SiloRuntime(
        IServiceProvider services,
        TimeProvider clock,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<GrainCollectionOptions> collection,
        ILogger<SiloRuntime> logger)
    {
        ServiceProvider = services;
        Clock = clock;
        Messaging = messaging.Value;
        Collection = collection.Value;
        _logger = logger;
        Outstanding = new OutstandingCalls(clock);
        _classes = new GrainClasses(Collection);
    }

    public IServiceProvider ServiceProvider { get; }

    public TimeProvider Clock { get; }

    public SiloMessagingOptions Messaging { get; }

    public GrainCollectionOptions Collection { get; }

    public ILogger Logger => _logger;

    public OutstandingCalls Outstanding { get; }

    private IEnumerable<Activation> Activations => _activations.Values.Concat(_workers.Values.SelectMany(workers => workers.All));

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => GetGrain<TGrainInterface>(GrainIdKeyExtensions.CreateGuidKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey => GetGrain<TGrainInterface>(GrainIdKeyExtensions.CreateIntegerKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(primaryKey);
        return GetGrain<TGrainInterface>(IdSpan.Create(primaryKey), grainClassNamePrefix);
    }

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => (TGrainInterface)(object)CreateReference(typeof(TGrainInterface), grainId);

    public GrainReference CreateReference(Type contract, GrainId id) => CreateReference(contract, id, _classes.Named(id.Type));

    public GrainReference CreateReference(Type contract, GrainId id, GrainClass grainClass) => GrainReference.Create(this, contract, id, grainClass);

    /// <summary>Hands a request to the grain's activation, a new one if there is none, and returns the activation.</summary>
    public Activation? Dispatch(Request request, GrainId id, GrainClass grainClass)
    {
        while (true)
        {
            if (Find(id, grainClass) is not { } activation)
            {
                request.Fail(new SiloUnavailableException($"The silo of this process has not started, or stops: {request} cannot be delivered."));
                return null;
            }

            if (activation.TryEnqueue(request))
            {
                return grainClass.MaxWorkers == 1 ? activation : null;
            }

            Forget(activation);
        }
    }

    public void Forget(Activation activation)
    {
        if (!_activations.TryRemove(KeyValuePair.Create(activation.GrainId, activation))
            && _workers.TryGetValue(activation.GrainId, out var workers))
        {
            workers.Remove(activation);
        }
    }

    /// <summary>From now on calls activate grains, and idle activations are collected.</summary>
    public void Open()
    {
        _isOpen = true;
        _collector = Clock.CreateTimer(static runtime => ((SiloRuntime)runtime!).Collect(), this, Collection.CollectionQuantum, Collection.CollectionQuantum);
    }

    /// <summary>Ends every activation; calls to a grain that has none fail.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _isOpen = false;
        _collector?.Dispose();
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo stops.");

        // Again and again, since a call may have been about to activate a grain when the silo closed.
        while (Activations.ToList() is { Count: > 0 } ending)
        {
            LogClosing(ending.Count);
            foreach (var activation in ending)
            {
                activation.Deactivate(reason, cancellationToken);
            }

            try
            {
                await Task.WhenAll(ending.Select(activation => activation.Deactivated)).WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                LogNotAllEnded(ending.Count(activation => !activation.Deactivated.IsCompleted));
                return;
            }
        }
    }

    public void Dispose()
    {
        _collector?.Dispose();
        Outstanding.Dispose();
    }

    private TGrainInterface GetGrain<TGrainInterface>(IdSpan key, string? classNamePrefix)
    {
        var grainClass = _classes.ImplementationOf(typeof(TGrainInterface), classNamePrefix);
        return (TGrainInterface)(object)CreateReference(typeof(TGrainInterface), new GrainId(grainClass.GrainType, key), grainClass);
    }

    private Activation? Find(GrainId id, GrainClass grainClass)
    {
        if (grainClass.MaxWorkers > 1)
        {
            return _isOpen
                ? _workers.GetOrAdd(id, static (id, from) => new StatelessWorkers(from.Runtime, id, from.Class), (Runtime: this, Class: grainClass)).Choose()
                : null;
        }

        if (_activations.TryGetValue(id, out var activation) || !_isOpen)
        {
            return activation;
        }

        return _activations.GetOrAdd(id, static (id, from) => new Activation(from.Runtime, id, from.Class), (Runtime: this, Class: grainClass));
    }

    private void Collect()
    {
        var now = Clock.GetUtcNow();
        foreach (var activation in Activations)
        {
            activation.DeactivateIfIdle(now);
        }
    }
}

using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>One stored state of one activation. Its operations follow each other in the order of their calls.</summary>
internal sealed class PersistentState<T> : IPersistentState<T>
{
    private readonly Activation _activation;
    private readonly string _name;
    private readonly IGrainStorage _storage;
    private readonly GrainState<T> _state = new(System.Activator.CreateInstance<T>());
    private Task _last = Task.CompletedTask;

    private PersistentState(Activation activation, string name, IGrainStorage storage)
    {
        _activation = activation;
        _name = name;
        _storage = storage;
        activation.AddState(_ => ReadStateAsync());
    }

    public T State
    {
        get => _state.State!;
        set => _state.State = value;
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _state.RecordExists;

    public Task ReadStateAsync() => Enqueue(() => _storage.ReadStateAsync(_name, _activation.GrainId, _state));

    public Task WriteStateAsync() => Enqueue(() => _storage.WriteStateAsync(_name, _activation.GrainId, _state));

    public Task ClearStateAsync() => Enqueue(() => _storage.ClearStateAsync(_name, _activation.GrainId, _state));

    internal static object Create(Activation activation, PersistentStateAttribute attribute)
    {
        var services = activation.ActivationServices;
        var storage = string.IsNullOrWhiteSpace(attribute.StorageName)
            ? services.GetService<IGrainStorage>()
            : services.GetKeyedService<IGrainStorage>(attribute.StorageName);
        return storage is null
            ? throw new BadProviderConfigException(
                attribute.StorageName is null
                    ? $"No default storage provider found loading grain type {activation.Class.Type.FullName}."
                    : $"No storage provider named \"{attribute.StorageName}\" found loading grain type {activation.Class.Type.FullName}.")
            : new PersistentState<T>(activation, attribute.StateName, storage);
    }

    private Task Enqueue(Func<Task> operation)
    {
        if (Activation.Current != _activation)
        {
            throw new InvalidOperationException(
                $"The state '{_name}' of {_activation.GrainId} is used outside its grain's turns; ConfigureAwait(false) and Task.Run leave them.");
        }

        return _last = RunAsync(_last, operation);
    }

    private async Task RunAsync(Task previous, Func<Task> operation)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            await operation();
        }
        catch (Exception error) when (error is not OrleansException)
        {
            throw new OrleansException(
                $"Error from storage provider {_storage.GetType().Name}.{_name} for grain {_activation.GrainId}: {error.Message}", error);
        }
    }
}

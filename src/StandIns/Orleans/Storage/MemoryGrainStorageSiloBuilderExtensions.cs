using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Storages that forget when the process ends.</summary>
public static class MemoryGrainStorageSiloBuilderExtensions
{
    /// <summary>Adds one under <paramref name="name"/>.</summary>
    public static ISiloBuilder AddMemoryGrainStorage(this ISiloBuilder builder, string name)
    {
        builder.Services.AddGrainStorage(name, (_, name) => new MemoryGrainStorage(name));
        return builder;
    }

    /// <summary>Adds the one that serves the states that name none.</summary>
    public static ISiloBuilder AddMemoryGrainStorageAsDefault(this ISiloBuilder builder) => builder.AddMemoryGrainStorage("Default");
}

using ImageBuilder.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;

namespace ImageBuilder.Silo.Storage;

/// <summary>Adds file storages to a silo.</summary>
internal static class FileGrainStorageSiloBuilderExtensions
{
    /// <summary>Adds a storage under <paramref name="name"/> that keeps its states below <paramref name="folder"/>.</summary>
    public static ISiloBuilder AddFileGrainStorage(this ISiloBuilder builder, string name, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var storage = new FileGrainStorage(new FileGrainStorageOptions(Path.GetFullPath(folder)));
        builder.Services.AddSingleton<IUnreadableStates>(storage);
        builder.Services.AddGrainStorage(name, (_, _) => storage);
        return builder;
    }
}

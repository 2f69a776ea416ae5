using ImageBuilder.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Storage;

namespace ImageBuilder.Silo.Tests.Storage;

public sealed class FileGrainStorageSiloBuilderExtensionsTests
{
    [Fact]
    public void AddFileGrainStorage_Named_IsFoundByItsName()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddFileGrainStorage("builds", "states"));
        using var host = builder.Build();
        host.Services.GetRequiredKeyedService<IGrainStorage>("builds").ShouldBeOfType<FileGrainStorage>();
    }
}

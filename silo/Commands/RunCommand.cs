using ImageBuilder.Silo.Configuration;
using Microsoft.AspNetCore.Connections;

namespace ImageBuilder.Silo.Commands;

/// <summary><c>run --config FILE</c>: the service, once its configuration, ports and data folder are found to be good.</summary>
internal static class RunCommand
{
    /// <summary>Runs <paramref name="host"/> with the configuration in <paramref name="path"/> until it ends.</summary>
    public static async Task<int> RunAsync(
        string path, Func<LiveConfiguration, CancellationToken, Task> host, TextWriter error, CancellationToken cancellationToken)
    {
        var result = ConfigurationFile.Load(path);
        if (!result.Succeeded)
        {
            return await RefuseAsync(result.Error, error);
        }

        if (ListenPorts.FindTaken(result.Configuration) is { } taken)
        {
            return await RefuseAsync(taken, error);
        }

        using var dataFolder = DataFolderLock.TryTake(result.Configuration.DataFolder, out var refused);
        if (refused is not null)
        {
            return await RefuseAsync(refused, error);
        }

        try
        {
            await host(new LiveConfiguration(path, result.Configuration), cancellationToken);
            return ExitCode.Ok;
        }
        // Somebody took a port between the look above and the host's own listening.
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            return await RefuseAsync(ListenPorts.FindTaken(result.Configuration) ?? new ConfigurationError("server", failure.Message), error);
        }
    }

    /// <summary>Says in one line why the service cannot run.</summary>
    public static async Task<int> RefuseAsync(ConfigurationError reason, TextWriter error)
    {
        await error.WriteLineAsync($"imagebuilder-silo: {reason}");
        return ExitCode.WrongConfiguration;
    }
}

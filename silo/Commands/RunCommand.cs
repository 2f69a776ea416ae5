using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Commands;

/// <summary><c>run --config FILE</c>: the service, once its configuration, ports and data folder are found to be good.</summary>
internal static class RunCommand
{
    /// <summary>Runs until the host is asked to stop.</summary>
    public static async Task<int> RunAsync(string path, TextWriter error, CancellationToken cancellationToken)
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

        await ServiceHost.RunAsync(result.Configuration, cancellationToken);
        return ExitCode.Ok;
    }

    /// <summary>Says in one line why the service cannot run.</summary>
    public static async Task<int> RefuseAsync(ConfigurationError reason, TextWriter error)
    {
        await error.WriteLineAsync($"imagebuilder-silo: {reason}");
        return ExitCode.WrongConfiguration;
    }
}

using ImageBuilder.Postgres.Schema;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Hosting;
using Microsoft.AspNetCore.Connections;
using Npgsql;

namespace ImageBuilder.Silo.Commands;

/// <summary>
/// <c>run --config FILE</c>: the service, or a silo of a cluster; <c>gateway --config FILE</c>: a gateway of a cluster. They start once their configuration,
/// ports and data folder are found to be good.
/// </summary>
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

        var role = result.Configuration.Cluster.Kind == ClusterKind.Single ? ServiceRole.Service : ServiceRole.Silo;
        if (ListenPorts.FindTaken(result.Configuration, role) is { } taken)
        {
            return await RefuseAsync(taken, error);
        }

        using var dataFolder = DataFolderLock.TryTake(result.Configuration.DataFolder, out var refused);
        return refused is not null ? await RefuseAsync(refused, error) : await HostAsync(path, result.Configuration, role, host, error, cancellationToken);
    }

    /// <summary>Runs <paramref name="host"/>, a gateway, which has no data.</summary>
    public static async Task<int> RunGatewayAsync(
        string path, Func<LiveConfiguration, CancellationToken, Task> host, TextWriter error, CancellationToken cancellationToken)
    {
        var result = ConfigurationFile.Load(path);
        if (!result.Succeeded)
        {
            return await RefuseAsync(result.Error, error);
        }

        if (result.Configuration.Cluster.Kind == ClusterKind.Single)
        {
            return await RefuseAsync(new ConfigurationError("cluster.kind", "must be \"postgresql\" for a gateway by itself; with \"single\" the gateway is in the service, which run starts"), error);
        }

        return ListenPorts.FindTaken(result.Configuration, ServiceRole.Gateway) is { } taken
            ? await RefuseAsync(taken, error)
            : await HostAsync(path, result.Configuration, ServiceRole.Gateway, host, error, cancellationToken);
    }

    /// <summary>Says in one line why the service cannot run.</summary>
    public static async Task<int> RefuseAsync(ConfigurationError reason, TextWriter error)
    {
        await error.WriteLineAsync($"imagebuilder-silo: {reason}");
        return ExitCode.WrongConfiguration;
    }

    private static async Task<int> HostAsync(
        string path, ServiceConfiguration configuration, ServiceRole role, Func<LiveConfiguration, CancellationToken, Task> host, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await host(new LiveConfiguration(path, configuration), cancellationToken);
            return ExitCode.Ok;
        }
        catch (ConfigurationException refused)
        {
            return await RefuseAsync(refused.Error, error);
        }
        catch (SchemaException wrong)
        {
            await error.WriteLineAsync($"imagebuilder-silo: {wrong.Message}");
            return ExitCode.WrongSchema;
        }
        catch (NpgsqlException failure) when (role != ServiceRole.Service)
        {
            await error.WriteLineAsync($"imagebuilder-silo: the database cannot be used: {MigrateCommand.Explain(failure)}");
            return ExitCode.DatabaseFailed;
        }
        // What the packages that this was built with cannot do.
        catch (NotSupportedException failure) when (role != ServiceRole.Service || configuration.Dashboard.Address is not null)
        {
            return await RefuseAsync(new ConfigurationError(role == ServiceRole.Service ? "dashboard.address" : "cluster.kind", $"cannot be had here: {failure.Message}"), error);
        }
        // Somebody took a port between the look above and the host's own listening.
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            return await RefuseAsync(ListenPorts.FindTaken(configuration, role) ?? new ConfigurationError("server", failure.Message), error);
        }
    }
}

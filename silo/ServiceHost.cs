using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo;

/// <summary>The service in one process.</summary>
internal static class ServiceHost
{
    /// <summary>Runs until the process is asked to stop.</summary>
    public static Task RunAsync(ServiceConfiguration configuration, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"nothing is hosted yet on {configuration.Server.Services.Grpc.Address}");
}

using System.Net.Sockets;
using ImageBuilder.Silo.Hosting;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The ports that the service listens on.</summary>
internal static class ListenPorts
{
    /// <summary>Every listener's key and address.</summary>
    public static IReadOnlyList<(string Key, ListenAddress Address)> Of(ServiceConfiguration configuration, ServiceRole role = ServiceRole.Service) =>
    [
        .. role == ServiceRole.Silo ? ReadOnlySpan<(string, ListenAddress)>.Empty : [("server.services.grpc.address", configuration.Server.Services.Grpc.Address)],
        ("metrics.address", configuration.Metrics.Address),
        ("health.address", configuration.Health.Address),
        .. role == ServiceRole.Gateway || configuration.Dashboard.Address is not { } dashboard ? ReadOnlySpan<(string, ListenAddress)>.Empty : [("dashboard.address", dashboard)],
    ];

    /// <summary>
    /// Listens on all of them for a moment and says which cannot be listened on, or null. It is called before anything else starts, so that a port in use
    /// is told by its key and not by what fails over it later.
    /// </summary>
    public static ConfigurationError? FindTaken(ServiceConfiguration configuration, ServiceRole role = ServiceRole.Service)
    {
        foreach (var (key, address) in Of(configuration, role))
        {
            try
            {
                using var socket = new Socket(address.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                if (address.EndPoint.Address.Equals(System.Net.IPAddress.IPv6Any))
                {
                    socket.DualMode = true;
                }

                socket.Bind(address.EndPoint);
                socket.Listen();
            }
            catch (SocketException error)
            {
                return new ConfigurationError(key, $"must be an address that is free; \"{address}\" {Describe(error)}");
            }
        }

        return null;
    }

    private static string Describe(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "is in use by another program",
        SocketError.AddressNotAvailable => "is no address of this machine",
        SocketError.AccessDenied => "may not be used by this user (ports below 1024 need a privilege)",
        _ => $"cannot be listened on ({error.Message})",
    };
}

using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Silo.Configuration.Rules;
using ImageBuilder.Silo.Tls;

namespace ImageBuilder.Silo.Configuration;

/// <summary>
/// The configuration file: JSON as RFC 8259 has it, in UTF-8, up to 1 MiB. Comments and trailing commas are refused, so that every JSON tool reads the same
/// file; so are keys that are unknown or given twice. Keys are case-sensitive.
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>The option that names the file; errors of the file as a whole carry it as their key.</summary>
    public const string Option = "--config";

    private const int LongestFile = 1 << 20;
    private static readonly string[] BobNames = ["bob", "bob.dll"];

    /// <summary>
    /// Reads and checks the file, the files that it names included. Neither ports nor the data folder are touched: <see cref="ListenPorts"/> and
    /// <see cref="DataFolderLock"/> do that when the service starts.
    /// </summary>
    public static ConfigurationResult Load(string path)
    {
        try
        {
            var configuration = WithDerivedDefaults(Parse(path));
            return FindConflict(configuration) is { } conflict ? conflict : configuration;
        }
        catch (ConfigurationException refused)
        {
            return refused.Error;
        }
    }

    private static ServiceConfiguration Parse(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(ReadText(path));
            return ConfigurationReader.Read(document.RootElement);
        }
        catch (JsonException error)
        {
            throw Refuse(
                path,
                $"is not JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}; allowed is plain JSON, without comments and trailing commas");
        }
        // The one thing that JsonDocument finds only when a key is read.
        catch (InvalidOperationException)
        {
            throw Refuse(path, "has a key with half a surrogate pair (\\ud800 to \\udfff)");
        }
    }

    private static string ReadText(string path)
    {
        if (ReadableFileAttribute.Problem(path) is { } problem)
        {
            throw Refuse(path, $"{problem}; allowed is the path of a JSON file that the service can read");
        }

        var bytes = new byte[LongestFile + 1];
        using var file = File.OpenRead(path);
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > LongestFile)
        {
            throw Refuse(path, $"is longer than {LongestFile} bytes");
        }

        var start = bytes.AsSpan(0, length).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, start, length - start);
        }
        catch (DecoderFallbackException)
        {
            throw Refuse(path, "is not UTF-8");
        }
    }

    private static ServiceConfiguration WithDerivedDefaults(ServiceConfiguration configuration) => configuration with
    {
        Process = configuration.Process with
        {
            Bob = configuration.Process.Bob is { Length: > 0 } bob ? bob : FindBob(),
            StorageFolder = configuration.Process.StorageFolder is { Length: > 0 } folder ? folder : Path.Combine(configuration.DataFolder, "buildah"),
        },
        // A process by itself has no use for them, and need not look for them whenever its file is read.
        Cluster = configuration.Cluster.Kind == ClusterKind.Single ? configuration.Cluster : configuration.Cluster with
        {
            SiloName = configuration.Cluster.SiloName is { Length: > 0 } name ? name : Environment.GetEnvironmentVariable("POD_NAME") is { Length: > 0 } pod ? pod : Dns.GetHostName(),
            Address = configuration.Cluster.Address is { Length: > 0 } address ? address : Environment.GetEnvironmentVariable("POD_IP") is { Length: > 0 } ip ? ip : FindAddress(),
        },
    };

    private static string FindAddress()
    {
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => address.AddressFamily == AddressFamily.InterNetwork);
        return (addresses.FirstOrDefault() ?? IPAddress.Loopback).ToString();
    }

    private static string FindBob() =>
        BobNames.Select(name => Path.Combine(AppContext.BaseDirectory, name)).FirstOrDefault(File.Exists)
        ?? throw new ConfigurationException(new ConfigurationError(
            "process.bob", $"is missing, and there is no bob in {AppContext.BaseDirectory}; it must be the path of bob, an executable or a .dll"));

    private static ConfigurationError? FindConflict(ServiceConfiguration configuration) =>
        FindSharedPort(configuration) ?? FindUnusedCache(configuration.Process) ?? FindUnsetDatabase(configuration.Cluster) ?? FindUnusableCertificate(configuration);

    private static ConfigurationError? FindSharedPort(ServiceConfiguration configuration)
    {
        var addresses = ListenPorts.Of(configuration);
        for (var later = 1; later < addresses.Count; later++)
        {
            foreach (var (key, address) in addresses.Take(later).Where(earlier => earlier.Address.Overlaps(addresses[later].Address)))
            {
                return new ConfigurationError(
                    addresses[later].Key, $"must have a port of its own; \"{addresses[later].Address}\" is taken by {key}, \"{address}\"");
            }
        }

        return null;
    }

    private static ConfigurationError? FindUnusedCache(ProcessConfiguration process) => process is { CacheRepository: not null, Engine: BuildEngine.Buildah }
        ? new ConfigurationError("process.cacheRepository", "must not be given with process.engine \"buildah\", which keeps no cache in a registry; \"buildkit\" and \"auto\" do")
        : null;

    private static ConfigurationError? FindUnsetDatabase(ClusterConfiguration cluster) => cluster switch
    {
        { Kind: ClusterKind.Single } => null,
        { ConnectionStringFile: not null, ConnectionStringVariable: not null } => new ConfigurationError(
            "cluster.connectionStringVariable", "must not be given beside cluster.connectionStringFile; one of the two says where the database is"),
        { ConnectionStringFile: null, ConnectionStringVariable: null } => new ConfigurationError(
            "cluster.connectionStringFile", "is missing; it must be the path of a file with the database's connection string, or cluster.connectionStringVariable the name of a variable"),
        { SiloPort: var port } when port == cluster.GatewayPort => new ConfigurationError(
            "cluster.gatewayPort", $"must be another port than cluster.siloPort; {port} is not"),
        _ => null,
    };

    // They are read as the service will read them.
    private static ConfigurationError? FindUnusableCertificate(ServiceConfiguration configuration)
    {
        if (configuration.Server.Services.Grpc.Tls is { } grpc)
        {
            TlsCertificates.Read(TlsCertificates.OfGrpc, grpc);
        }

        return configuration.Cluster is { Kind: not ClusterKind.Single, Tls: { } cluster } && TlsCertificates.Read(TlsCertificates.OfCluster, cluster).FindOwnProblem() is { } problem
            ? new ConfigurationError(
                $"{TlsCertificates.OfCluster}.certPath", $"must hold a certificate that is valid now, good for servers and clients, and vouched for by caPath; that of {cluster.CertPath} is not: {problem}")
            : null;
    }

    private static ConfigurationException Refuse(string path, string problem) =>
        new(new ConfigurationError(Option, $"{JsonSerializer.Serialize(path)} {problem}"));
}

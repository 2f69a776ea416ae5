using System.Globalization;
using System.Text.Json;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>How a buildkitd is run.</summary>
internal sealed record BuildKitDaemonSettings
{
    /// <summary>Where it listens; empty: beside its storage.</summary>
    public string Socket { get; init; } = string.Empty;

    /// <summary>How many bytes of layers and cache mounts it keeps.</summary>
    public required long CacheLimit { get; init; }

    /// <summary>A registry, as host:port, that is spoken to in plain HTTP; loopback ones need no mention. Default empty: none.</summary>
    public string PlainHttpRegistry { get; init; } = string.Empty;

    /// <summary>
    /// The daemon's configuration; the socket is handed to it. With no CNI, and none looked for, the network of steps is the machine's. The platforms that this machine
    /// emulates are found when a build comes; a daemon that is told of no platform would look for them before it listens, too.
    /// </summary>
    public string Configuration(string root, string runtime) =>
        $"""
        root = {Quote(root)}
        insecure-entitlements = []
        [grpc]
        address = ["fd://"]
        [worker.containerd]
        enabled = false
        [worker.oci]
        enabled = true
        networkMode = "host"
        platforms = [{Quote(BuildPlatform.Own)}]
        binary = {Quote(runtime)}
        gc = true
        [[worker.oci.gcpolicy]]
        all = true
        keepBytes = {CacheLimit.ToString(CultureInfo.InvariantCulture)}
        [history]
        maxEntries = 10

        """ + (PlainHttpRegistry.Length == 0 ? string.Empty : $"[registry.{Quote(PlainHttpRegistry)}]\nhttp = true\n");

    // A basic string of TOML is written as one of JSON.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}

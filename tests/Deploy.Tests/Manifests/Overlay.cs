using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Deploy.Tests.Manifests;

/// <summary>An overlay as kubectl renders it, held against the schemas of Kubernetes.</summary>
internal sealed class Overlay
{
    private static readonly NpmFolder s_packages = new(Path.Combine(DeployFolder.TestProject, "node"), "kubernetes-models", "typescript", "yaml");

    private static readonly ConcurrentDictionary<string, Lazy<Task<Overlay>>> s_read = new();

    private Overlay(JsonNode checkedText)
    {
        Manifests = [.. Manifest.Objects(checkedText["documents"]).Select(document => new Manifest(document))];
        Problems = [.. checkedText["problems"]!.AsArray().Select(problem => (string)problem!)];
    }

    /// <summary>Why nothing can be rendered and checked on this machine; null when it can.</summary>
    public static string? MissingReason { get; } = MachinePrograms.WhyNot(["kubectl"]) ?? s_packages.Missing;

    /// <summary>The names of all overlays.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(DeployFolder.PathOf("kubernetes/overlays")).Select(folder => Path.GetFileName(folder)!).Order();

    /// <summary>The documents.</summary>
    public IReadOnlyList<Manifest> Manifests { get; }

    /// <summary>Where they are not what the schemas say.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Those with pods.</summary>
    public IEnumerable<Manifest> Workloads => Manifests.Where(manifest => manifest.Pod is not null);

    /// <summary>The text of an overlay.</summary>
    public static Task<string> RenderAsync(string name) => Command.CheckAsync("kubectl", ["kustomize", DeployFolder.PathOf($"kubernetes/overlays/{name}")]);

    /// <summary>Renders an overlay, once for all tests.</summary>
    public static Task<Overlay> ReadAsync(string name) => s_read.GetOrAdd(name, each => new(async () => await CheckAsync(await RenderAsync(each)))).Value;

    /// <summary>Reads manifests.</summary>
    public static async Task<Overlay> CheckAsync(string text) =>
        new(JsonNode.Parse(await Command.CheckAsync("node", [Path.Combine(s_packages.Path, "manifests.js")], text))!);

    /// <summary>Those of <paramref name="kind"/>.</summary>
    public IEnumerable<Manifest> OfKind(string kind) => Manifests.Where(manifest => manifest.Kind == kind);
}

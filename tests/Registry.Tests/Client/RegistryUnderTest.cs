using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>A docker-registry, what opens it, and how skopeo is told to.</summary>
public sealed record RegistryUnderTest(RegistryServer Server, RegistryCredential? Credential)
{
    /// <summary>An image of this registry.</summary>
    public ImageReference Image(string name) => ImageReference.Parse($"{Server.Host}/{name}");

    /// <summary>A client that can speak to this registry.</summary>
    public RegistryClient CreateClient(HttpMessageHandler? handler = null, RegistryTransportOptions? options = null) =>
        new((options ?? new RegistryTransportOptions()) with { CaBundles = Server.AuthorityFile is { } file ? [file] : options?.CaBundles ?? [] }, handler);

    /// <summary>What skopeo says of an image: with no format its manifest as stored.</summary>
    public Task<string> InspectAsync(ImageReference image, string? format = null) =>
        Command.CheckAsync("skopeo", ["inspect", .. SkopeoOptions(string.Empty), .. format is null ? new[] { "--raw" } : ["--format", format], $"docker://{image}"]);

    /// <summary>skopeo's options for this registry; <paramref name="side"/> is <c>src-</c>, <c>dest-</c> or empty.</summary>
    public IEnumerable<string> SkopeoOptions(string side) =>
    [
        $"--{side}authfile", Server.AuthFile, .. Server.IsTls ? new[] { $"--{side}cert-dir", Path.GetDirectoryName(Server.AuthorityFile)! } : [$"--{side}tls-verify=false"],
    ];
}

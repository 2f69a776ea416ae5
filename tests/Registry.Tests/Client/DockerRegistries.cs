using System.Text.Json;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>
/// Two docker-registries with a small image in two formats, pushed by skopeo: one wants a password and holds <c>local/busybox:1</c> (Docker's), the other
/// is open and holds <c>local/busybox:oci</c>.
/// </summary>
public sealed class DockerRegistries : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("registries-").FullName;
    private RegistryServer? _private;
    private RunningProcess? _open;

    /// <summary>The image in Docker's format, behind a password.</summary>
    public ImageReference Private { get; private set; } = null!;

    /// <summary>The image in OCI's format, open to all.</summary>
    public ImageReference Open { get; private set; } = null!;

    /// <summary>What opens the first.</summary>
    public RegistryCredential Credential { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (!MachinePrograms.Exists("docker-registry") || !MachinePrograms.Exists("skopeo"))
        {
            return;
        }

        _private = await RegistryServer.StartAsync(Path.Combine(_folder, "private"));
        Credential = RegistryCredential.Basic(_private.User, _private.Password);
        Private = ImageReference.Parse(await BaseImage.PushAsync(_private));

        var port = FreePort.Choose();
        Open = ImageReference.Parse($"127.0.0.1:{port}/local/busybox:oci");
        await StartOpenAsync(port);
        await Command.CheckAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-authfile", _private.AuthFile, "--format", "oci", $"docker://{Private}", $"docker://{Open}"]);
    }

    public async Task DisposeAsync()
    {
        if (_open is not null)
        {
            await _open.DisposeAsync();
        }

        if (_private is not null)
        {
            await _private.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What skopeo says of an image: with no format its manifest as stored.</summary>
    public Task<string> InspectAsync(ImageReference image, string? format = null) => Command.CheckAsync(
        "skopeo", ["inspect", "--tls-verify=false", "--authfile", _private!.AuthFile, .. format is null ? new[] { "--raw" } : ["--format", format], $"docker://{image}"]);

    private async Task StartOpenAsync(int port)
    {
        var config = Path.Combine(_folder, "open.yml");
        await File.WriteAllTextAsync(config, JsonSerializer.Serialize(new
        {
            version = 0.1,
            log = new { level = "warn", accesslog = new { disabled = true } },
            storage = new { filesystem = new { rootdirectory = Path.Combine(_folder, "open") }, delete = new { enabled = true } },
            http = new { addr = $"127.0.0.1:{port}" },
        }));
        _open = await RunningProcess.StartAsync("docker-registry", ["serve", config], Path.Combine(_folder, "open.log"));
        using var client = new HttpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/v2/"), deadline.Token);
                return;
            }
            catch (HttpRequestException) when (!_open.Exited.IsCompleted)
            {
                // Not listening yet; a registry has no signal for it.
                await Task.Delay(20, deadline.Token);
            }
        }
    }
}

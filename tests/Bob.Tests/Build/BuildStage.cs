using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>A registry with a password and a base image, an engine's storage, and what it takes to run <c>bob proxy</c> and <c>bob build</c> against them.</summary>
public sealed class BuildStage : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _attempts;

    private BuildStage()
    {
    }

    /// <summary>The registry.</summary>
    public RegistryServer Registry { get; private set; } = null!;

    /// <summary>The base image in it.</summary>
    public string BaseImage { get; private set; } = null!;

    /// <summary>The engine's storage.</summary>
    public string Storage => _folder["storage"];

    /// <summary>Sets one up.</summary>
    public static async Task<BuildStage> StartAsync()
    {
        var stage = new BuildStage();
        stage.Registry = await RegistryServer.StartAsync(stage._folder["registry"], new RegistryServerOptions { AccessLog = true });
        stage.BaseImage = await Sandbox.Images.BaseImage.PushAsync(stage.Registry);
        return stage;
    }

    /// <summary>Starts an attempt with this build context; its proxy runs until the attempt is disposed.</summary>
    public async Task<BuildAttempt> PrepareAsync(IReadOnlyDictionary<string, string> context, bool requestHasCredentials = true, string? target = null, string? baseImage = null, string? cache = null)
    {
        var name = $"attempt{Interlocked.Increment(ref _attempts)}";
        foreach (var (path, text) in context)
        {
            _folder.Write($"{name}/workspace/{path}", text);
        }

        _folder.Write($"{name}/workspace/.gitpod/ready", string.Empty);
        var own = new JsonObject { [Registry.Host] = new JsonObject { ["auth"] = Registry.Auth } };
        var credentials = new JsonObject { ["auth"] = new JsonObject { ["auths"] = own.DeepClone() } };
        if (requestHasCredentials)
        {
            credentials["additionalAuth"] = own;
        }

        var proxy = await BuildProxy.StartAsync(_folder[$"{name}/address"], baseImage ?? $"{Registry.Host}/base:{name}", target ?? $"{Registry.Host}/workspace:{name}", credentials.ToJsonString(), cache is null ? [] : ["--cache-ref", cache]);
        return new BuildAttempt(this, proxy, name, _folder[$"{name}/workspace"]);
    }

    /// <summary>The configuration of a pushed image.</summary>
    public async Task<JsonElement> ConfigAsync(string image)
    {
        var text = await Command.CheckAsync("skopeo", ["inspect", "--config", "--raw", "--tls-verify=false", "--authfile", Registry.AuthFile, $"docker://{image}"]);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>The digest of a pushed image.</summary>
    public Task<string> DigestAsync(string image) =>
        Command.CheckAsync("skopeo", ["inspect", "--format", "{{.Digest}}", "--tls-verify=false", "--authfile", Registry.AuthFile, $"docker://{image}"]);

    /// <summary>Whether the registry has an image.</summary>
    public async Task<bool> HasAsync(string image) =>
        (await Command.RunAsync("skopeo", ["inspect", "--raw", "--tls-verify=false", "--authfile", Registry.AuthFile, $"docker://{image}"])).ExitCode == 0;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        if (Directory.Exists(Storage))
        {
            // The engine keeps its layers' folder mounted upon itself.
            await Command.RunAsync("umount", [Path.Combine(Storage, "graph/overlay")]);
        }

        _folder.Dispose();
    }
}

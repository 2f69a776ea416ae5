using System.Diagnostics;
using System.Text.Json;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>One <c>bob build</c>.</summary>
public sealed class BuildAttempt(BuildStage stage, BuildProxy proxy, string name, string workspace) : IDisposable
{
    /// <summary>The image that is built.</summary>
    public string Base => $"{stage.Registry.Host}/base:{name}";

    /// <summary>The image that it is copied to.</summary>
    public string Target => $"{stage.Registry.Host}/workspace:{name}";

    /// <summary>Host and port of the proxy.</summary>
    public string Proxy => proxy.Address;

    /// <summary>The file with the password that the proxy asks for.</summary>
    public string ProxyKeyFile => proxy.KeyFile;

    /// <summary>The cache's name on the proxy.</summary>
    public string Cache => $"{proxy.Address}/cache:latest";

    /// <summary>The build context's folder.</summary>
    public string Workspace => workspace;

    /// <summary>What else the build is told.</summary>
    public Dictionary<string, string> Variables { get; } = new() { ["BOB_ENGINE"] = "buildah" };

    /// <summary>All that the build wrote.</summary>
    public string Log { get; private set; } = string.Empty;

    /// <summary>The reason in the outcome.</summary>
    public string Reason => Outcome.GetProperty("reason").GetString()!;

    /// <summary>The message in the outcome.</summary>
    public string Message => Outcome.GetProperty("message").GetString()!;

    private JsonElement Outcome => JsonDocument.Parse(File.ReadAllText(Path.Combine(workspace, ".gitpod/outcome.json"))).RootElement;

    /// <summary>Starts the build.</summary>
    public Process Start(bool buildBase = true, string dockerfile = "Dockerfile", string baseReference = "base:latest")
    {
        var start = new ProcessStartInfo(Processes.Bob.Path, ["build"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BOB_WORKSPACE"] = workspace;
        start.Environment["BOB_STORAGE_ROOT"] = stage.Storage;
        start.Environment["BOB_TARGET_REF"] = $"{proxy.Address}/target:latest";
        start.Environment["BOB_BASE_REF"] = $"{proxy.Address}/{baseReference}";
        start.Environment["BOB_PROXY_KEY_FILE"] = proxy.KeyFile;
        start.Environment["BOB_BUILD_BASE"] = buildBase ? "true" : "false";
        start.Environment["BOB_DOCKERFILE_PATH"] = $"/workspace/{dockerfile}";
        foreach (var (variable, value) in Variables)
        {
            start.Environment[variable] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs the build to its end and gives its exit code.</summary>
    public async Task<int> RunAsync(bool buildBase = true, string dockerfile = "Dockerfile", string baseReference = "base:latest")
    {
        using var process = Start(buildBase, dockerfile, baseReference);
        var errors = process.StandardError.ReadToEndAsync();
        Log = await process.StandardOutput.ReadToEndAsync();
        Log += await errors;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <inheritdoc />
    public void Dispose() => proxy.Dispose();
}

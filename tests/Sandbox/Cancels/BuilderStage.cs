using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>What <c>bob build</c> needs when no service starts it: a proxy, and a workspace for each build.</summary>
internal sealed class BuilderStage : IAsyncDisposable
{
    private const string KeyFile = "proxy.key";

    private readonly string _engine;
    private readonly string _folder;
    private readonly string _storage;
    private readonly RunningProcess _proxy;

    private BuilderStage(string engine, string folder, string storage, RunningProcess proxy) => (_engine, _folder, _storage, _proxy) = (engine, folder, storage, proxy);

    /// <summary>The folder of the workspaces.</summary>
    public string Workspaces => Path.Combine(_folder, "workspaces");

    private static string Bob => CheckoutProgram.Path("Bob", "bob");

    /// <summary>Starts the proxy, for images of the registry of <paramref name="surroundings"/>.</summary>
    public static async Task<BuilderStage> StartAsync(Surroundings surroundings, string engine, string folder, string storage, CancellationToken cancellationToken, string tag = "1")
    {
        var registry = surroundings.Registry;
        var login = new JsonObject { [registry.Host] = new JsonObject { ["auth"] = registry.Auth } };
        var address = Path.Combine(folder, "proxy.address");
        var proxy = await RunningProcess.StartAsync(
            Bob,
            ["proxy", "--listen", "127.0.0.1:0", "--address-file", address, "--key-file", Path.Combine(folder, KeyFile), "--base-ref", $"{registry.Host}/killed/base:{tag}", "--target-ref", $"{registry.Host}/killed/target:{tag}"],
            Path.Combine(folder, "proxy.log"),
            new Dictionary<string, string>
            {
                ["WORKSPACEKIT_BOBPROXY_AUTH"] = new JsonObject { ["auths"] = login.DeepClone() }.ToJsonString(),
                ["WORKSPACEKIT_BOBPROXY_ADDITIONALAUTH"] = login.ToJsonString(),
            });
        while (!File.Exists(address) && !proxy.Exited.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
        }

        return proxy.Exited.IsCompleted
            ? throw new InvalidOperationException($"the proxy ended with code {proxy.ExitCode}:\n{proxy.LogTail()}")
            : new BuilderStage(engine, folder, storage, proxy);
    }

    /// <summary>Has the proxy answer a first request.</summary>
    public async Task WarmProxyAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        var password = await File.ReadAllTextAsync(Path.Combine(_folder, KeyFile), cancellationToken);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"bob:{password}")));
        using var answer = await client.GetAsync(
            new Uri($"http://{await File.ReadAllTextAsync(Path.Combine(_folder, "proxy.address"), cancellationToken)}/v2/target/manifests/latest"), cancellationToken);
    }

    /// <summary>Starts a build of <paramref name="dockerfile"/>.</summary>
    public async Task<RunningProcess> BuildAsync(Guid id, string dockerfile) => await StartAsync(await PrepareAsync(id, dockerfile));

    /// <summary>Makes the folder of a build of <paramref name="dockerfile"/>, with what <paramref name="fill"/> puts into its context beside that, and gives its path.</summary>
    public async Task<string> PrepareAsync(Guid id, string dockerfile, Action<string>? fill = null)
    {
        var attempt = Path.Combine(Workspaces, string.Create(CultureInfo.InvariantCulture, $"{id:N}.1"));
        Directory.CreateDirectory(Path.Combine(attempt, "tmp"));
        var workspace = Directory.CreateDirectory(Path.Combine(attempt, "workspace", ".gitpod")).Parent!.FullName;
        await File.WriteAllTextAsync(Path.Combine(workspace, "Dockerfile"), dockerfile);
        fill?.Invoke(workspace);
        await File.WriteAllBytesAsync(Path.Combine(workspace, ".gitpod", "ready"), []);
        return attempt;
    }

    /// <summary>Starts the build in a folder of <see cref="PrepareAsync"/>.</summary>
    public Task<RunningProcess> StartAsync(string attempt)
    {
        var workspace = Path.Combine(attempt, "workspace");
        return RunningProcess.StartAsync(
            Bob,
            ["build"],
            Path.Combine(attempt, "log"),
            new Dictionary<string, string>
            {
                ["BOB_WORKSPACE"] = workspace,
                ["BOB_ENGINE"] = _engine,
                ["BOB_STORAGE_ROOT"] = _storage,
                ["BOB_PROXY_ADDRESS_FILE"] = Path.Combine(_folder, "proxy.address"),
                ["BOB_PROXY_KEY_FILE"] = Path.Combine(_folder, KeyFile),
                ["BOB_TARGET_REF"] = "localhost:8080/target:latest",
                ["BOB_BASE_REF"] = "localhost:8080/base:latest",
                ["BOB_BUILD_BASE"] = "true",
                ["BOB_DOCKERFILE_PATH"] = Path.Combine(workspace, "Dockerfile"),
                ["TMPDIR"] = Path.Combine(attempt, "tmp"),
            });
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _proxy.DisposeAsync();
}

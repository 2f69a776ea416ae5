using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Registry;

/// <summary>A docker-registry on 127.0.0.1 that asks for a user and password and keeps its images in a folder.</summary>
public sealed class RegistryServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly RunningProcess _process;

    private RegistryServer(RunningProcess process, int port, string user, string password, string authFile)
    {
        _process = process;
        Port = port;
        User = user;
        Password = password;
        AuthFile = authFile;
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Host and port, as image references begin.</summary>
    public string Host => $"127.0.0.1:{Port}";

    /// <summary>The user who may read and write.</summary>
    public string User { get; }

    /// <summary>That user's password.</summary>
    public string Password { get; }

    /// <summary>A docker config file that opens this registry.</summary>
    public string AuthFile { get; }

    /// <summary>Base64 of "user:password", as docker config files and requests carry it.</summary>
    public string Auth => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    /// <summary>Starts a registry whose images, user and port (if still free) are those of the last one in <paramref name="dataFolder"/>.</summary>
    /// <param name="dataFolder">Created if missing.</param>
    /// <param name="port">The port to listen on; 0 chooses one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The registry did not start; the message holds its last output.</exception>
    public static async Task<RegistryServer> StartAsync(string dataFolder, int port = 0, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(dataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        port = FreePort.ChooseFor(Path.Combine(dataFolder, "port"), port);

        const string user = "sandbox";
        var passwordFile = Path.Combine(dataFolder, "password");
        if (!File.Exists(passwordFile))
        {
            await WriteSecretAsync(passwordFile, RandomNumberGenerator.GetHexString(40, lowercase: true), cancellationToken);
        }

        var password = (await File.ReadAllTextAsync(passwordFile, cancellationToken)).Trim();
        var usersFile = Path.Combine(dataFolder, "htpasswd");
        await File.WriteAllTextAsync(usersFile, $"{user}:{PasswordHash.Compute(password)}\n", cancellationToken);

        var authFile = Path.Combine(dataFolder, "docker-config.json");
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        await WriteSecretAsync(
            authFile,
            JsonSerializer.Serialize(new { auths = new Dictionary<string, object> { [$"127.0.0.1:{port}"] = new { auth } } }),
            cancellationToken);

        // Its configuration is YAML, of which JSON is a part.
        var configFile = Path.Combine(dataFolder, "config.yml");
        await File.WriteAllTextAsync(
            configFile,
            JsonSerializer.Serialize(new
            {
                version = 0.1,
                log = new { level = "warn", accesslog = new { disabled = true } },
                storage = new { filesystem = new { rootdirectory = Path.Combine(dataFolder, "images") }, delete = new { enabled = true } },
                http = new { addr = $"127.0.0.1:{port}", secret = RandomNumberGenerator.GetHexString(32) },
                auth = new { htpasswd = new { realm = "sandbox", path = usersFile } },
            }),
            cancellationToken);

        var process = await RunningProcess.StartAsync("docker-registry", ["serve", configFile], Path.Combine(dataFolder, "log"));
        var server = new RegistryServer(process, port, user, password, authFile);
        try
        {
            await server.WaitUntilReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of this registry's HTTP interface, signed in.</summary>
    public HttpClient CreateClient() => new()
    {
        BaseAddress = new Uri($"http://{Host}"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Auth) },
    };

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task WriteSecretAsync(string path, string text, CancellationToken cancellationToken)
    {
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using var writer = new StreamWriter(path, options);
        await writer.WriteAsync(text.AsMemory(), cancellationToken);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var client = CreateClient();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        while (!_process.Exited.IsCompleted)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/v2/", UriKind.Relative), deadline.Token);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }

        throw new InvalidOperationException($"the registry on port {Port} did not start:\n{_process.LogTail()}");
    }
}

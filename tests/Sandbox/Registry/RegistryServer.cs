using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Registry;

/// <summary>A docker-registry on 127.0.0.1 that keeps its images in a folder. It asks for a user and password unless told otherwise.</summary>
public sealed partial class RegistryServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RunningProcess _process;
    private readonly PrivateAuthority? _authority;
    private readonly string _imagesFolder;

    private RegistryServer(RunningProcess process, string imagesFolder, PrivateAuthority? authority, TokenServer? tokens, RegistryServerOptions options, string user, string password, string authFile)
    {
        _process = process;
        _imagesFolder = imagesFolder;
        _authority = authority;
        Tokens = tokens;
        Port = options.Port;
        IsTls = options.Tls;
        User = user;
        Password = password;
        AuthFile = authFile;
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Host and port, as image references begin.</summary>
    public string Host => $"127.0.0.1:{Port}";

    /// <summary>Whether it speaks TLS.</summary>
    public bool IsTls { get; }

    /// <summary>With TLS: the certificate (PEM) of the authority that signed the registry's own; alone in its folder.</summary>
    public string? AuthorityFile => IsTls ? _authority!.CertificateFile : null;

    /// <summary>With <see cref="RegistryLogin.Token"/>: what gives out its tokens.</summary>
    public TokenServer? Tokens { get; }

    /// <summary>The user who may read, write and delete.</summary>
    public string User { get; }

    /// <summary>That user's password.</summary>
    public string Password { get; }

    /// <summary>A docker config file that opens this registry.</summary>
    public string AuthFile { get; }

    /// <summary>Base64 of "user:password", as docker config files and requests carry it.</summary>
    public string Auth => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    /// <summary>Starts a registry that asks for a password, whose images, user and port (if still free) are those of the last one in <paramref name="dataFolder"/>.</summary>
    /// <param name="dataFolder">Created if missing.</param>
    /// <param name="port">The port to listen on; 0 chooses one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The registry did not start; the message holds its last output.</exception>
    public static Task<RegistryServer> StartAsync(string dataFolder, int port = 0, CancellationToken cancellationToken = default) =>
        StartAsync(dataFolder, new RegistryServerOptions { Port = port }, cancellationToken);

    /// <summary>Starts a registry whose images, user and port (if still free) are those of the last one in <paramref name="dataFolder"/>.</summary>
    /// <param name="dataFolder">Created if missing.</param>
    /// <param name="options">What kind.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The registry did not start; the message holds its last output.</exception>
    public static async Task<RegistryServer> StartAsync(string dataFolder, RegistryServerOptions options, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(dataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        options = options with { Port = FreePort.ChooseFor(Path.Combine(dataFolder, "port"), options.Port) };

        const string user = "sandbox";
        var passwordFile = Path.Combine(dataFolder, "password");
        if (!File.Exists(passwordFile))
        {
            await WriteSecretAsync(passwordFile, RandomNumberGenerator.GetHexString(40, lowercase: true), cancellationToken);
        }

        var password = (await File.ReadAllTextAsync(passwordFile, cancellationToken)).Trim();
        var authFile = Path.Combine(dataFolder, "docker-config.json");
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        await WriteSecretAsync(
            authFile,
            JsonSerializer.Serialize(new { auths = new Dictionary<string, object> { [$"127.0.0.1:{options.Port}"] = new { auth } } }),
            cancellationToken);

        var authority = options.Tls || options.Login == RegistryLogin.Token ? PrivateAuthority.Create(Path.Combine(dataFolder, "authority")) : null;
        var tokens = options.Login == RegistryLogin.Token ? await TokenServer.StartAsync(authority!, cancellationToken) : null;
        tokens?.Allow(user, password, TokenGrant.All);
        RegistryServer? server = null;
        try
        {
            var imagesFolder = Path.Combine(dataFolder, "images");

            // Its configuration is YAML, of which JSON is a part.
            var configFile = Path.Combine(dataFolder, "config.yml");
            await File.WriteAllTextAsync(
                configFile,
                JsonSerializer.Serialize(new Dictionary<string, object>
                {
                    ["version"] = 0.1,
                    ["log"] = new { level = "warn", accesslog = new { disabled = !options.AccessLog } },
                    ["storage"] = new { filesystem = new { rootdirectory = imagesFolder }, delete = new { enabled = true } },
                    ["http"] = await HttpSectionAsync(dataFolder, options, authority, cancellationToken),
                    ["auth"] = await AuthSectionAsync(dataFolder, options, user, password, tokens, authority, cancellationToken),
                }),
                cancellationToken);

            var process = await RunningProcess.StartAsync("docker-registry", ["serve", configFile], Path.Combine(dataFolder, "log"));
            server = new RegistryServer(process, imagesFolder, authority, tokens, options, user, password, authFile);
            await server.WaitUntilReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            await (server?.DisposeAsync() ?? tokens?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>
    /// Empties the file that links a blob to a repository, as the registry itself does for a moment when the blob is stored there once more.
    /// </summary>
    /// <param name="repository">Its path, without the host.</param>
    /// <param name="digest">The blob, by SHA-256.</param>
    /// <returns>Writes the link again.</returns>
    public Action EmptyLink(string repository, string digest)
    {
        var link = Path.Combine(_imagesFolder, "docker/registry/v2/repositories", repository, "_layers", digest.Replace(':', '/'), "link");
        var content = File.ReadAllText(link);
        File.WriteAllText(link, string.Empty);
        return () => File.WriteAllText(link, content);
    }

    /// <summary>With <see cref="RegistryServerOptions.AccessLog"/>: the requests so far, each as "METHOD path status", of clients whose name holds <paramref name="client"/>.</summary>
    public IReadOnlyList<string> ReadAccessLog(string client = "") =>
    [
        .. File.ReadLines(_process.LogFile)
            .Select(line => AccessLine().Match(line))
            .Where(line => line.Success && line.Groups["client"].Value.Contains(client, StringComparison.Ordinal))
            .Select(line => $"{line.Groups["request"].Value} {line.Groups["status"].Value}"),
    ];

    /// <summary>A client of this registry's plain HTTP interface, signed in by password.</summary>
    public HttpClient CreateClient() => new()
    {
        BaseAddress = new Uri($"http://{Host}"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Auth) },
    };

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        if (Tokens is not null)
        {
            await Tokens.DisposeAsync();
        }

        _authority?.Dispose();
    }

    [GeneratedRegex("""^\S+ - \S* \[[^]]+\] "(?<request>\S+ \S+) [^"]*" (?<status>[0-9]+) [0-9]+ "[^"]*" "(?<client>[^"]*)"$""")]
    private static partial Regex AccessLine();

    private static async Task<object> HttpSectionAsync(string dataFolder, RegistryServerOptions options, PrivateAuthority? authority, CancellationToken cancellationToken)
    {
        var (addr, secret) = ($"127.0.0.1:{options.Port}", RandomNumberGenerator.GetHexString(32));
        if (!options.Tls)
        {
            return new { addr, secret };
        }

        using var certificate = authority!.Issue("sandbox registry");
        using var key = certificate.GetRSAPrivateKey()!;
        var (certificateFile, keyFile) = (Path.Combine(dataFolder, "tls.crt"), Path.Combine(dataFolder, "tls.key"));
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem(), cancellationToken);
        await WriteSecretAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), cancellationToken);
        return new { addr, secret, tls = new { certificate = certificateFile, key = keyFile } };
    }

    private static async Task<object> AuthSectionAsync(
        string dataFolder, RegistryServerOptions options, string user, string password, TokenServer? tokens, PrivateAuthority? authority, CancellationToken cancellationToken)
    {
        switch (options.Login)
        {
            case RegistryLogin.Open:
                return new { };
            case RegistryLogin.Token:
                return new { token = new { realm = tokens!.Realm, service = TokenServer.Service, issuer = TokenServer.Issuer, rootcertbundle = authority!.CertificateFile } };
            default:
                var usersFile = Path.Combine(dataFolder, "htpasswd");
                await File.WriteAllTextAsync(usersFile, $"{user}:{PasswordHash.Compute(password)}\n", cancellationToken);
                return new { htpasswd = new { realm = "sandbox", path = usersFile } };
        }
    }

    private static async Task WriteSecretAsync(string path, string text, CancellationToken cancellationToken)
    {
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using var writer = new StreamWriter(path, options);
        await writer.WriteAsync(text.AsMemory(), cancellationToken);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler();
        if (IsTls)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(AuthorityFile!) },
                RevocationMode = X509RevocationMode.NoCheck,
            };
        }

        using var client = new HttpClient(handler);
        var address = new Uri($"{(IsTls ? "https" : "http")}://{Host}/v2/");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        while (!_process.Exited.IsCompleted)
        {
            try
            {
                using var answer = await client.GetAsync(address, deadline.Token);
                if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized)
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

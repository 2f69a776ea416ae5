using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ImageBuilder.Sandbox.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Sandbox.Git;

/// <summary>Serves git repositories for reading over HTTP, or HTTPS, on 127.0.0.1: Kestrel in front of <c>git http-backend</c>.</summary>
public sealed class GitServer : IAsyncDisposable
{
    private const string Upload = "git-upload-pack";

    private readonly WebApplication _application;

    private readonly string _scheme;

    private GitServer(WebApplication application, Uri address)
    {
        _application = application;
        _scheme = address.Scheme;
        Port = address.Port;
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Answers a request in git's place when it gives true; a login that is required was given by then. Default: never.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = _ => Task.FromResult(false);

    /// <summary>Where a repository is served: <paramref name="path"/> is its path below its root folder.</summary>
    public string Url(string path) => $"{_scheme}://127.0.0.1:{Port}/{path}";

    /// <summary>Serves every repository below <paramref name="roots"/>; where two roots have one of the same path, the earlier root wins.</summary>
    /// <param name="roots">Folders; a repository may lie at any depth, bare or with a work tree.</param>
    /// <param name="port">The port to listen on; 0 chooses one.</param>
    /// <param name="requiredLogin">"user:password" that every request must carry; null asks for none.</param>
    /// <param name="certificate">What it speaks TLS with; null: it speaks plain HTTP.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<GitServer> StartAsync(
        IReadOnlyList<string> roots,
        int port = 0,
        string? requiredLogin = null,
        X509Certificate2? certificate = null,
        CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
        });
        var application = builder.Build();
        GitServer? server = null;
        application.Run(context => server!.ServeAsync(context, roots, requiredLogin));
        await application.StartAsync(cancellationToken);
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return server = new GitServer(application, new Uri(address));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task ServeAsync(HttpContext context, IReadOnlyList<string> roots, string? requiredLogin)
    {
        var path = context.Request.Path.Value ?? string.Empty;
        if (requiredLogin is not null
            && context.Request.Headers.Authorization.ToString() != "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(requiredLogin)))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return;
        }

        if (await Instead(context))
        {
            return;
        }

        var root = FindRoot(roots, path);
        if (root is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await RunBackendAsync(context, root, path);
    }

    private static string? FindRoot(IReadOnlyList<string> roots, string path)
    {
        var service = new[] { "/info/refs", $"/{Upload}" }.FirstOrDefault(suffix => path.EndsWith(suffix, StringComparison.Ordinal));
        if (service is null || path.Contains("..", StringComparison.Ordinal))
        {
            return null;
        }

        // A URL may leave out .git, and a repository with a work tree keeps itself in its folder .git.
        var repository = path[..^service.Length].Trim('/');
        return roots.FirstOrDefault(root => new[] { "/.git", ".git", string.Empty }.Any(end => File.Exists(Path.Combine(root, repository + end, "HEAD"))));
    }

    private static async Task RunBackendAsync(HttpContext context, string root, string path)
    {
        var request = context.Request;
        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in GitRepository.Variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["GIT_PROJECT_ROOT"] = Path.GetFullPath(root);
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["PATH_INFO"] = path;
        start.Environment["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?') ?? string.Empty;
        start.Environment["REQUEST_METHOD"] = request.Method;
        start.Environment["CONTENT_TYPE"] = request.ContentType ?? string.Empty;
        start.Environment["HTTP_CONTENT_ENCODING"] = request.Headers.ContentEncoding.ToString();
        start.Environment["GIT_PROTOCOL"] = request.Headers["Git-Protocol"].ToString();
        if (request.ContentLength is { } length)
        {
            start.Environment["CONTENT_LENGTH"] = $"{length}";
        }

        using var process = Process.Start(start)!;
        try
        {
            var input = SendBodyAsync(request.Body, process, context.RequestAborted);
            await ReadAnswerAsync(process.StandardOutput.BaseStream, context);
            await input;
            await process.WaitForExitAsync(context.RequestAborted);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client went away.
            process.Kill(entireProcessTree: true);
        }
    }

    private static async Task SendBodyAsync(Stream body, Process process, CancellationToken cancellationToken)
    {
        await body.CopyToAsync(process.StandardInput.BaseStream, cancellationToken);
        process.StandardInput.Close();
    }

    // RFC 3875: header lines, an empty line, the body; "Status:" carries the HTTP status.
    private static async Task ReadAnswerAsync(Stream output, HttpContext context)
    {
        while (await ReadLineAsync(output, context.RequestAborted) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (name.Equals("Status", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.StatusCode = int.Parse(value[..3]);
            }
            else
            {
                context.Response.Headers[name] = value;
            }
        }

        await output.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) == 1 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd('\r');
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ImageBuilder.Registry.Names;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>What a client asked.</summary>
internal sealed record Asked(string Method, string Path, string Query, string? Authorization, string Accept)
{
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>
/// A registry on loopback that holds manifests and blobs in memory, asks for credentials as told, fails as told, and notes every request.
/// <see cref="Fault"/> sees each request first, and returns true when it has answered it.
/// </summary>
internal sealed class FaultyRegistry : IAsyncDisposable
{
    public const string Repository = "team/app";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    private readonly WebApplication _server;
    private readonly ConcurrentQueue<(Func<bool> Condition, TaskCompletionSource Arrived)> _awaited = [];
    private int _tokens;

    private FaultyRegistry(WebApplication server) => _server = server;

    public string Host { get; private set; } = string.Empty;

    public string Address => $"http://{Host}";

    /// <summary>The WWW-Authenticate of refusals; null when nothing is refused.</summary>
    public string? Challenge { get; set; }

    /// <summary>Which Authorization headers are accepted; null for whichever token was given out last.</summary>
    public Func<string?, bool>? Accepts { get; set; }

    /// <summary>What the token endpoint says of its tokens' lifetime.</summary>
    public int? ExpiresIn { get; set; } = 300;

    public Func<HttpContext, Asked, Task<bool>>? Fault { get; set; }

    public ConcurrentQueue<Asked> Requests { get; } = [];

    public ConcurrentDictionary<string, (string MediaType, byte[] Content)> Manifests { get; } = [];

    public ConcurrentDictionary<string, byte[]> Blobs { get; } = [];

    public static async Task<FaultyRegistry> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        var server = builder.Build();
        var registry = new FaultyRegistry(server);
        server.Run(registry.AnswerAsync);
        await server.StartAsync();
        registry.Host = new Uri(server.Urls.First()).Authority;
        return registry;
    }

    /// <summary>Asks for tokens of its own endpoint from now on.</summary>
    public FaultyRegistry WithTokens()
    {
        Challenge = $"Bearer realm=\"{Address}/token\",service=\"faulty\"";
        return this;
    }

    /// <summary>Asks for this user and password from now on.</summary>
    public FaultyRegistry WithPassword(string user, string password)
    {
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        Challenge = "Basic realm=\"faulty\"";
        Accepts = authorization => authorization == expected;
        return this;
    }

    /// <summary>Answers requests whose path contains <paramref name="path"/> by <paramref name="fail"/>, as many times as told.</summary>
    public void FailOn(string path, Action<HttpContext> fail, int times = int.MaxValue) => FailOn(
        path,
        context =>
        {
            fail(context);
            return Task.CompletedTask;
        },
        times);

    /// <summary>Answers requests whose path contains <paramref name="path"/> by <paramref name="fail"/>, as many times as told.</summary>
    public void FailOn(string path, Func<HttpContext, Task> fail, int times = int.MaxValue) => Fault = async (context, asked) =>
    {
        var fails = asked.Path.Contains(path, StringComparison.Ordinal) && Interlocked.Decrement(ref times) >= 0;
        if (fails)
        {
            await fail(context);
        }

        return fails;
    };

    public Digest AddManifest(string tag, string mediaType, string json)
    {
        var content = Encoding.UTF8.GetBytes(json);
        var digest = Digest.Compute(content);
        Manifests[tag] = Manifests[digest.ToString()] = (mediaType, content);
        return digest;
    }

    public Digest AddBlob(byte[] content)
    {
        var digest = Digest.Compute(content);
        Blobs[digest.ToString()] = content;
        return digest;
    }

    public ImageReference Image(string tag = "1") => ImageReference.Parse($"{Host}/{Repository}:{tag}");

    /// <summary>Ends as soon as <paramref name="condition"/> holds; it is looked at with every request that arrives.</summary>
    public Task ArrivedAsync(Func<bool> condition)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Enqueue((condition, arrived));
        NoteArrival();
        return arrived.Task;
    }

    public int Count(string request) => Requests.Count(asked => $"{asked}".StartsWith(request, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var asked = new Asked(request.Method, request.Path, request.QueryString.ToString(), request.Headers.Authorization.FirstOrDefault(), request.Headers.Accept.ToString());
        Requests.Enqueue(asked);
        NoteArrival();
        if (Fault is not null && await Fault(context, asked))
        {
            return;
        }

        if (request.Path == "/token")
        {
            await context.Response.WriteAsJsonAsync(new { token = $"token-{Interlocked.Increment(ref _tokens)}", expires_in = ExpiresIn });
            return;
        }

        if (Challenge is not null && !(Accepts ?? (given => given == $"Bearer token-{_tokens}"))(asked.Authorization))
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = Challenge;
            await context.Response.WriteAsync("""{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""");
            return;
        }

        var name = asked.Path[(asked.Path.LastIndexOf('/') + 1)..];
        if (asked.Path.Contains("/manifests/", StringComparison.Ordinal) && Manifests.TryGetValue(name, out var manifest))
        {
            context.Response.Headers["Docker-Content-Digest"] = Digest.Compute(manifest.Content).ToString();
            await SendAsync(context, manifest.MediaType, manifest.Content);
        }
        else if (asked.Path.Contains("/blobs/", StringComparison.Ordinal) && Blobs.TryGetValue(name, out var blob))
        {
            await SendAsync(context, "application/octet-stream", blob);
        }
        else if (asked.Path != "/v2/")
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("""{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}""");
        }
    }

    private void NoteArrival()
    {
        foreach (var (condition, arrived) in _awaited)
        {
            if (!arrived.Task.IsCompleted && condition())
            {
                arrived.TrySetResult();
            }
        }
    }

    private static async Task SendAsync(HttpContext context, string mediaType, byte[] content)
    {
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = content.Length;
        if (context.Request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync(content);
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Sandbox.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>
/// An address in front of a registry that notes each request for a manifest, and keeps its answer back while the test wants it so. A tag that ends in a
/// number, "image-17", means the one before the number: to push a thousand tags takes longer than the tests that need them.
/// </summary>
public sealed partial class WatchedRegistry : IAsyncDisposable
{
    private static readonly string[] s_requestHeaders = ["Accept", "Authorization"];
    private static readonly string[] s_answerHeaders = ["Content-Type", "Content-Length", "Docker-Content-Digest", "WWW-Authenticate"];

    private readonly ConcurrentQueue<string> _requests = new();
    private readonly HttpMessageInvoker _registry = new(new SocketsHttpHandler());
    private readonly WebApplication _application;
    private volatile TaskCompletionSource _mayAnswer = new();

    private WatchedRegistry(RegistryServer registry)
    {
        _mayAnswer.SetResult();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(context => ForwardAsync(context, registry));
    }

    /// <summary>Host and port, as image references begin.</summary>
    public string Host => new Uri(_application.Urls.First()).Authority;

    public static async Task<WatchedRegistry> StartAsync(RegistryServer registry)
    {
        var watched = new WatchedRegistry(registry);
        await watched._application.StartAsync();
        return watched;
    }

    /// <summary>A docker config file with the credentials of <paramref name="registry"/> for this address.</summary>
    public async Task<string> WriteAuthFileAsync(RegistryServer registry, string folder)
    {
        var file = Path.Combine(folder, "watched-registry.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { auths = new Dictionary<string, object> { [Host] = new { auth = registry.Auth } } }));
        return file;
    }

    /// <summary>The requests for manifests of <paramref name="repository"/> so far, each as "METHOD status".</summary>
    public IReadOnlyList<string> RequestsFor(string repository) =>
        [.. _requests.Where(request => request.StartsWith($"{repository} ", StringComparison.Ordinal)).Select(request => request[(repository.Length + 1)..])];

    /// <summary>From now on answers wait until <see cref="LetAnswer"/>.</summary>
    public void KeepAnswersBack() => _mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetAnswer() => _mayAnswer.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        LetAnswer();
        await _application.DisposeAsync();
        _registry.Dispose();
    }

    [GeneratedRegex("(?<=/manifests/[a-z]+)-[0-9]+$")]
    private static partial Regex NumberOfTag();

    private async Task ForwardAsync(HttpContext context, RegistryServer registry)
    {
        var address = NumberOfTag().Replace(context.Request.GetEncodedPathAndQuery(), string.Empty);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), $"http://{registry.Host}{address}");
        foreach (var name in s_requestHeaders)
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].AsEnumerable());
        }

        using var answer = await _registry.SendAsync(request, context.RequestAborted);
        if (context.Request.Path.Value!.Split("/manifests/") is [var repository, _])
        {
            _requests.Enqueue($"{repository["/v2/".Length..]} {context.Request.Method} {(int)answer.StatusCode}");
            await _mayAnswer.Task;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => s_answerHeaders.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }
}

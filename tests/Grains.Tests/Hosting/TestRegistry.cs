using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>A registry behind an HTTP handler: answers for the images that the test put there, counts, and fails on request.</summary>
internal sealed class TestRegistry : HttpMessageHandler
{
    public const string Host = "registry.test";

    private readonly ConcurrentDictionary<string, string> _digests = new();
    private readonly ConcurrentDictionary<string, byte[]> _indexes = new();
    private int _heads;
    private int _gets;

    /// <summary>Manifests asked for by HEAD.</summary>
    public int Heads => Volatile.Read(ref _heads);

    /// <summary>Manifests asked for by GET.</summary>
    public int Gets => Volatile.Read(ref _gets);

    /// <summary>User and password that open the registry; null: it is open to all.</summary>
    public (string User, string Password)? Login { get; set; }

    /// <summary>Called before an answer about a manifest; it may wait, throw, or answer itself.</summary>
    public Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage?>> OnManifest { get; set; } =
        (_, _) => Task.FromResult<HttpResponseMessage?>(null);

    public static string DigestOf(char digit) => "sha256:" + new string(digit, 64);

    /// <summary>Puts an image under "repository:tag".</summary>
    public void Put(string path, char digit = 'a') => _digests[path] = DigestOf(digit);

    /// <summary>Puts an index under "repository:tag", whose image for linux/amd64 has the digest of <paramref name="digit"/>.</summary>
    /// <returns>The digest of the index.</returns>
    public string PutIndex(string path, char digit = 'a')
    {
        var content = Encoding.UTF8.GetBytes(
            $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"m","digest":"{{{DigestOf(digit)}}}","size":1,"platform":{"os":"linux","architecture":"amd64"}}]}""");
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        _indexes[digest] = content;
        _digests[path] = _digests[$"{path[..path.IndexOf(':', StringComparison.Ordinal)]}:{digest}"] = digest;
        return digest;
    }

    public void Remove(string path) => _digests.TryRemove(path, out _);

    /// <summary>Answers every question for a manifest with <paramref name="status"/>.</summary>
    public void Fail(HttpStatusCode status) => OnManifest = (_, _) => Task.FromResult<HttpResponseMessage?>(new HttpResponseMessage(status));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (Login is { } login && request.Headers.Authorization?.Parameter != Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.User}:{login.Password}")))
        {
            if (path.Contains("/manifests/", StringComparison.Ordinal))
            {
                Count(request.Method);
            }

            var refused = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            refused.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue("Basic", "realm=\"registry\""));
            return refused;
        }

        if (path == "/v2/")
        {
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}") };
        }

        Count(request.Method);
        if (await OnManifest(request, cancellationToken) is { } answer)
        {
            return answer;
        }

        var name = path["/v2/".Length..].Replace("/manifests/", ":", StringComparison.Ordinal);
        if (!_digests.TryGetValue(name, out var digest))
        {
            return new HttpResponseMessage(HttpStatusCode.NotFound);
        }

        var index = _indexes.GetValueOrDefault(digest);
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(request.Method == HttpMethod.Get ? index ?? [] : []) };
        response.Headers.Add("Docker-Content-Digest", digest);
        response.Content.Headers.ContentType = new MediaTypeHeaderValue(
            index is null ? "application/vnd.docker.distribution.manifest.v2+json" : "application/vnd.oci.image.index.v1+json");
        response.Content.Headers.ContentLength = index?.Length ?? 500;
        return response;
    }

    private void Count(HttpMethod method) => Interlocked.Increment(ref method == HttpMethod.Get ? ref _gets : ref _heads);
}

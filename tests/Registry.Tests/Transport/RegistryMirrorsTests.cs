using System.Collections.Immutable;
using System.Net;
using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>Mirrors before a registry: who is asked what, with which credential, and what happens when one fails.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryMirrorsTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Json = """{"schemaVersion":2,"config":{},"layers":[]}""";

    private static readonly RegistryCredential Credential = RegistryCredential.Basic("u", "s3cret");

    private readonly ManualTimeProvider _clock = new();
    private FaultyRegistry _registry = null!;
    private FaultyRegistry _first = null!;
    private FaultyRegistry _second = null!;
    private RegistryClient _client = null!;

    public async Task InitializeAsync()
    {
        (_registry, _first, _second) = (await FaultyRegistry.StartAsync(), await FaultyRegistry.StartAsync(), await FaultyRegistry.StartAsync());
        _registry.AddManifest("1", FaultyRegistry.OciManifest, Json);
        _client = Client(_first.Host, _second.Host);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Read_FirstMirrorHasIt_NobodyElseIsAsked()
    {
        _first.AddManifest("1", FaultyRegistry.OciManifest, Json);
        var blob = _first.AddBlob([1, 2, 3]);

        (await _client.HeadManifestAsync(_registry.Image(), Credential)).ShouldNotBeNull();
        (await _client.GetManifestAsync(_registry.Image(), Credential)).Content.ToArray().ShouldBe(Encoding.UTF8.GetBytes(Json));
        (await ReadAsync(blob)).ShouldBe([1, 2, 3]);

        _first.Requests.Select(asked => $"{asked}").ShouldBe(["GET /v2/", "HEAD /v2/team/app/manifests/1", "GET /v2/team/app/manifests/1", $"GET /v2/team/app/blobs/{blob}"]);
        _first.Requests.Skip(1).ShouldAllBe(asked => asked.Query == $"?ns={Uri.EscapeDataString(_registry.Host)}");
        _second.Requests.ShouldBeEmpty();
        _registry.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_NoMirrorHasIt_TheRegistryIsAskedWithItsCredential()
    {
        _registry.WithPassword("u", "s3cret");

        (await _client.GetManifestAsync(_registry.Image(), Credential)).ShouldNotBeNull();

        _first.Count("GET /v2/team/app/manifests/1").ShouldBe(1);
        _second.Count("GET /v2/team/app/manifests/1").ShouldBe(1);
        _registry.Count("GET /v2/team/app/manifests/1").ShouldBe(1);
    }

    [Fact]
    public async Task Read_MirrorAsksForCredentials_GetsNotTheRegistrys()
    {
        _first.WithPassword("u", "s3cret");
        _second.WithTokens().Accepts = _ => false;

        (await _client.GetManifestAsync(_registry.Image(), Credential)).ShouldNotBeNull();

        _first.Requests.Concat(_second.Requests).ShouldAllBe(asked => asked.Authorization == null || !asked.Authorization.StartsWith("Basic"));
        _first.Count("GET /v2/team").ShouldBe(1);
        _second.Count("GET /v2/team").ShouldBe(2);
    }

    [Fact]
    public async Task Read_MirrorHasACredentialOfItsOwn_GetsThat()
    {
        _first.WithPassword("m", "irror");
        _first.AddManifest("1", FaultyRegistry.OciManifest, Json);
        using var client = new RegistryClient(
            Options(_first.Host) with
            {
                MirrorCredentials = (host, _) => ValueTask.FromResult(host == _first.Host ? RegistryCredential.Basic("m", "irror") : null),
            },
            time: _clock);

        await client.GetManifestAsync(_registry.Image(), Credential);

        _first.Requests.Last().Authorization.ShouldBe("Basic " + Convert.ToBase64String("m:irror"u8));
        _registry.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_MirrorsCredentialCannotBeRead_TheRegistryIsAsked()
    {
        using var client = new RegistryClient(Options(_first.Host) with { MirrorCredentials = (_, _) => throw new CredentialsException("broken") }, time: _clock);

        (await client.GetManifestAsync(_registry.Image(), null)).ShouldNotBeNull();

        _first.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Read_MirrorFails_IsPassedOverForAWhile(int status)
    {
        _first.FailOn("/manifests/", context => context.Response.StatusCode = status);

        for (var i = 0; i < 5; i++)
        {
            (await _client.GetManifestAsync(_registry.Image(), null)).ShouldNotBeNull();
        }

        _first.Count("GET /v2/team").ShouldBe(1);
        _second.Count("GET /v2/team").ShouldBe(5);
        _clock.Advance(TimeSpan.FromSeconds(30));
        await _client.GetManifestAsync(_registry.Image(), null);
        _first.Count("GET /v2/team").ShouldBe(2);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Read_MirrorDoesNotGiveIt_IsAskedTheNextTime(int status)
    {
        _first.FailOn("/manifests/", context => context.Response.StatusCode = status);

        await _client.GetManifestAsync(_registry.Image(), null);
        await _client.GetManifestAsync(_registry.Image(), null);

        _first.Count("GET /v2/team").ShouldBe(2);
    }

    [Fact]
    public async Task Read_MirrorIsNotThere_TheNextIsAsked()
    {
        _second.AddManifest("1", FaultyRegistry.OciManifest, Json);
        await _first.DisposeAsync();

        (await _client.GetManifestAsync(_registry.Image(), null)).ShouldNotBeNull();

        _registry.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_MirrorDoesNotAnswer_TheRegistryIsAskedInTime()
    {
        await _client.HeadManifestAsync(_registry.Image(), null);
        var arrived = new TaskCompletionSource();
        _first.FailOn("/manifests/", async context =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        var call = _client.GetManifestAsync(_registry.Image(), null, new RegistryCall { Deadline = TimeSpan.FromSeconds(10) });
        await arrived.Task;
        _clock.Advance(TimeSpan.FromSeconds(5));

        (await call).ShouldNotBeNull();
        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Manifest_MirrorSendsOtherBytes_IsReadFromTheRegistry()
    {
        var digest = _registry.AddManifest("2", FaultyRegistry.OciManifest, Json + " ");
        _first.Manifests[digest.ToString()] = (FaultyRegistry.OciManifest, "{}"u8.ToArray());

        (await _client.GetManifestAsync(_registry.Image().WithDigest(digest), null)).Digest.ShouldBe(digest);
        await _client.GetManifestAsync(_registry.Image().WithDigest(digest), null);

        _first.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Blob_MirrorSendsOtherBytes_IsAnErrorAndTheNextTryGoesElsewhere()
    {
        var digest = _registry.AddBlob(new byte[1000]);
        _first.FailOn("/blobs/", context => context.Response.Body.WriteAsync(new byte[999]).AsTask());

        (await Should.ThrowAsync<RegistryException>(() => ReadAsync(digest))).Error.ShouldBe(RegistryError.DigestMismatch);

        (await ReadAsync(digest)).ShouldBe(new byte[1000]);
        _first.Count("GET /v2/team/app/blobs").ShouldBe(1);
    }

    [Fact]
    public async Task Blob_MirrorBreaksOff_IsAnErrorAndTheNextTryGoesElsewhere()
    {
        var digest = _registry.AddBlob(new byte[1000]);
        var release = new TaskCompletionSource();
        _first.FailOn("/blobs/", async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync(new byte[10]);
            await context.Response.Body.FlushAsync();
            await release.Task;
            context.Abort();
        });
        await using (var blob = await _client.OpenBlobAsync(_registry.Image(), digest, null))
        {
            await blob.ReadExactlyAsync(new byte[10]);
            release.SetResult();
            (await Should.ThrowAsync<RegistryException>(async () => await blob.ReadExactlyAsync(new byte[1]))).Error.ShouldBe(RegistryError.Unavailable);
        }

        (await ReadAsync(digest)).ShouldBe(new byte[1000]);
        _first.Count("GET /v2/team/app/blobs").ShouldBe(1);
    }

    [Fact]
    public async Task Read_EverythingFails_SaysWhatTheMirrorsSaid()
    {
        _first.FailOn("/manifests/", context => context.Response.StatusCode = 503);
        _registry.FailOn("/manifests/", context => context.Response.StatusCode = 500);

        var error = await Should.ThrowAsync<RegistryException>(() => _client.GetManifestAsync(_registry.Image(), null));

        error.Error.ShouldBe(RegistryError.Unavailable);
        error.Host.ShouldBe(_registry.Host);
        error.Message.ShouldContain("500");
        error.Message.ShouldContain($"mirrors: cannot read manifest {_registry.Host}/team/app:1: registry {_second.Host}");
        _registry.Count("GET /v2/team").ShouldBe(4);
        _first.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Write_AndWhatPrecedesIt_GoesToTheRegistryAlone()
    {
        _first.AddManifest("1", FaultyRegistry.OciManifest, Json);
        var blob = _first.AddBlob([1]);

        (await _client.HasBlobAsync(_registry.Image(), blob, Credential)).ShouldBeFalse();
        await Should.ThrowAsync<RegistryException>(() => _client.PutManifestAsync(_registry.Image(), FaultyRegistry.OciManifest, "{}"u8.ToArray(), Credential));
        await _client.HeadManifestAsync(_registry.Image(), Credential, new RegistryCall { UseMirrors = false });

        _first.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_MirrorWithAPath_HasTheRepositoryBelowIt()
    {
        _first.WithTokens();
        _first.AddManifest("1", FaultyRegistry.OciManifest, Json);
        using var client = Client($"{_first.Host}/hub/cache");

        await client.GetManifestAsync(_registry.Image(), Credential);

        _first.Requests.Select(asked => $"{asked}").ShouldBe(["GET /v2/", "GET /token", "GET /v2/hub/cache/team/app/manifests/1"]);
        _first.Requests.Single(asked => asked.Path == "/token").Query.ShouldContain("scope=repository%3Ahub%2Fcache%2Fteam%2Fapp%3Apull");
    }

    [Fact]
    public async Task Mirrors_OfDockerHub_AreFoundByAnyOfItsNames()
    {
        var asked = new List<string>();
        using var client = new RegistryClient(
            new RegistryTransportOptions { Mirrors = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("index.docker.io", ["mirror.example.com"]) },
            new StubHandler(request =>
            {
                asked.Add(request.RequestUri!.ToString());
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}") };
            }));

        await client.GetManifestAsync(ImageReference.Parse("alpine"), null);

        asked.ShouldBe(["https://mirror.example.com/v2/", "https://mirror.example.com/v2/library/alpine/manifests/latest?ns=docker.io"]);
    }

    [Fact]
    public async Task AskMirrors_NoneHasIt_IsNull()
    {
        _second.FailOn("/manifests/", context => context.Response.StatusCode = 500);
        (await _client.AskMirrorsAsync(_registry.Host, HttpMethod.Get, "/v2/team/app/manifests/1", [], [])).ShouldBeNull();
        _first.AddManifest("1", FaultyRegistry.OciManifest, Json);

        using var answer = await _client.AskMirrorsAsync(_registry.Host, HttpMethod.Get, "/v2/team/app/manifests/1", [FaultyRegistry.OciManifest], []);

        (await answer!.Content.ReadAsStringAsync()).ShouldBe(Json);
        _registry.Requests.ShouldBeEmpty();
    }

    private RegistryTransportOptions Options(params string[] mirrors) => new()
    {
        RetryDelay = TimeSpan.Zero,
        Mirrors = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add(_registry.Host, [.. mirrors]),
    };

    private RegistryClient Client(params string[] mirrors) => new(Options(mirrors), time: _clock);

    private async Task<byte[]> ReadAsync(Digest digest)
    {
        await using var blob = await _client.OpenBlobAsync(_registry.Image(), digest, null);
        using var content = new MemoryStream();
        await blob.CopyToAsync(content);
        return content.ToArray();
    }
}

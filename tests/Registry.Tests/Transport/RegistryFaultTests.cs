using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>
/// Registries that fail in every way: each gives its documented error, within the deadline by the clock, after a counted number of requests.
/// What <see cref="RegistryTransportTests"/> has is not here again.
/// </summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryFaultTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Json = """{"schemaVersion":2,"config":{},"layers":[]}""";

    private static readonly RegistryCredential Credential = RegistryCredential.Basic("u", "s3cret");

    private readonly ManualTimeProvider _clock = new();
    private FaultyRegistry _registry = null!;
    private RegistryClient _client = null!;

    public async Task InitializeAsync()
    {
        _registry = await FaultyRegistry.StartAsync();
        _registry.AddManifest("1", FaultyRegistry.OciManifest, Json);
        _client = new RegistryClient(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero }, time: _clock);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Storm401_OfManyCallers_IsTwoTriesOfEachAndFewTokens()
    {
        _registry.WithTokens().Accepts = _ => false;

        var errors = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => FailsAsync(() => _client.GetManifestAsync(_registry.Image(), Credential))));

        errors.ShouldAllBe(error => error.Error == RegistryError.Unauthorized);
        _registry.Count("GET /v2/team").ShouldBeLessThanOrEqualTo(200);
        _registry.Count("GET /token").ShouldBeLessThanOrEqualTo(101);
    }

    [Fact]
    public async Task TokenExpires_InTheMiddleOfACopy_IsRefreshedAndTheCopyGoesOn()
    {
        await using var target = await FaultyRegistry.StartAsync();
        var stored = new List<string>();
        target.Fault = (context, asked) => TakeAsync(context, asked, stored);
        _registry.WithTokens();
        var layers = Enumerable.Range(1, 4).Select(number => _registry.AddBlob(Encoding.UTF8.GetBytes($"layer {number}"))).ToList();
        var config = _registry.AddBlob("{}"u8.ToArray());
        _registry.AddManifest("2", FaultyRegistry.OciManifest, $$"""
            {"schemaVersion":2,"mediaType":"{{FaultyRegistry.OciManifest}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":2},
            "layers":[{{string.Join(',', layers.Select(layer => $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{layer}}","size":7}"""))}}]}
            """);
        var uses = 0;
        _registry.Accepts = authorization => authorization == "Bearer token-2" || (authorization == "Bearer token-1" && Interlocked.Increment(ref uses) <= 3);

        var result = await _client.CopyAsync(_registry.Image("2"), ImageReference.Parse($"{target.Host}/copy:2"), Credential, null);

        result.BlobsSent.ShouldBe(5);
        stored.Count.ShouldBe(6);
        _registry.Requests.Count(asked => asked.Path.StartsWith("/v2/team", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(6 + 3);
        _registry.Count("GET /token").ShouldBe(2);
    }

    [Fact]
    public async Task WrongDigestHeader_IsAMismatchAfterOneRequest()
    {
        _registry.FailOn("/manifests/", context =>
        {
            context.Response.ContentType = FaultyRegistry.OciManifest;
            context.Response.ContentLength = Json.Length;
            context.Response.Headers["Docker-Content-Digest"] = Digest.Compute([]).ToString();
            return context.Response.WriteAsync(Json);
        });

        (await FailsAsync(() => _client.GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.DigestMismatch);
        (await FailsAsync(() => _client.HeadManifestAsync(_registry.Image().WithDigest(Digest.Compute([1])), null))).Error.ShouldBe(RegistryError.DigestMismatch);
        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Theory]
    [InlineData("/manifests/")]
    [InlineData("/token")]
    public async Task SlowDrip_EndsAtTheDeadline(string path)
    {
        _registry.WithTokens();
        var dripping = new TaskCompletionSource();
        _registry.FailOn(path, async context =>
        {
            await context.Response.Body.WriteAsync("{"u8.ToArray());
            await context.Response.Body.FlushAsync();
            dripping.TrySetResult();
            while (true)
            {
                await context.Response.Body.WriteAsync(" "u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Yield();
            }
        });

        var call = FailsAsync(() => _client.GetManifestAsync(_registry.Image(), null));
        await dripping.Task;
        _clock.Advance(TimeSpan.FromSeconds(30));

        (await call).Error.ShouldBeOneOf(RegistryError.Timeout, RegistryError.TooLarge);
        _registry.Requests.Count(asked => asked.Path.Contains(path, StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task NoAnswer_ToOneTry_LeavesTimeForAnother()
    {
        await _client.HeadManifestAsync(_registry.Image(), null);
        var arrived = new TaskCompletionSource();
        _registry.FailOn(
            "/manifests/",
            async context =>
            {
                arrived.SetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            },
            times: 1);

        var call = _client.GetManifestAsync(_registry.Image(), null);
        await arrived.Task;
        _clock.Advance(TimeSpan.FromSeconds(15));

        (await call).Content.Length.ShouldBe(Json.Length);
        _registry.Count("GET /v2/team").ShouldBe(2);
    }

    [Fact]
    public async Task UploadStart_FailsAtFirst_IsRepeated()
    {
        var (starts, stored) = (0, new List<string>());
        _registry.Fault = (context, asked) =>
        {
            if (asked.Method == "POST" && Interlocked.Increment(ref starts) <= 2)
            {
                context.Response.StatusCode = 503;
                return Task.FromResult(true);
            }

            return TakeAsync(context, asked, stored);
        };

        await _client.PushBlobAsync(_registry.Image(), Client.Blobs.Of([1, 2]), null);

        starts.ShouldBe(3);
        stored.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Headers_Endless_AreCutOff()
    {
        _registry.FailOn("/manifests/", context =>
        {
            for (var i = 0; i < 200; i++)
            {
                context.Response.Headers[$"X-{i}"] = new string('x', 1000);
            }
        });

        (await FailsAsync(() => _client.GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.Unavailable);
        _registry.Count("GET /v2/team").ShouldBeLessThanOrEqualTo(4);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"token\":")]
    [InlineData("{\"a\":[{\"a\":")]
    public async Task JsonBomb_OfATokenEndpoint_IsInvalid(string piece)
    {
        _registry.WithTokens();
        _registry.FailOn("/token", context => context.Response.WriteAsync(string.Concat(Enumerable.Repeat(piece, 20_000 / piece.Length * 10))));

        (await FailsAsync(() => _client.GetManifestAsync(_registry.Image(), Credential))).Error.ShouldBe(RegistryError.InvalidResponse);
        _registry.Count("GET /token").ShouldBe(1);
    }

    [Theory]
    [InlineData("{\"manifests\":")]
    [InlineData("{\"manifests\":[{\"platform\":")]
    public async Task JsonBomb_AsAnIndex_IsInvalid(string piece)
    {
        _registry.AddManifest("bomb", FaultyRegistry.OciIndex, string.Concat(Enumerable.Repeat(piece, 100_000)));

        (await FailsAsync(() => _client.ResolveAsync(_registry.Image("bomb"), Platform.Parse("linux/amd64"), null))).Error.ShouldBe(RegistryError.InvalidResponse);
        _registry.Requests.Count(asked => asked.Path.Contains("/manifests/", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Theory]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    [InlineData("{\"errors\":[[[[]]]]}")]
    [InlineData("{\"errors\":7}")]
    [InlineData("<html>")]
    public async Task ErrorBody_NotAsDocumented_LeavesTheStatus(string body)
    {
        _registry.FailOn("/manifests/", context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync(body);
        });

        var error = await FailsAsync(() => _client.GetManifestAsync(_registry.Image(), null));

        error.Error.ShouldBe(RegistryError.Denied);
        error.Message.ShouldEndWith("(403)");
    }

    [Fact]
    public async Task ErrorBody_Endless_LeavesTheStatus()
    {
        _registry.FailOn("/manifests/", async context =>
        {
            context.Response.StatusCode = 403;
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[64 << 10], context.RequestAborted);
            }
        });

        (await FailsAsync(() => _client.GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.Denied);
        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Theory]
    [InlineData("http://")]
    [InlineData("https://exa mple/")]
    [InlineData("https://a:99999999/")]
    [InlineData("//169.254.169.254/latest")]
    [InlineData("https://user:s3cret@blobs.example.com/")]
    [InlineData("javascript:alert(1)")]
    public async Task Redirect_ToNonsense_IsRefused(string location)
    {
        _registry.FailOn("/blobs/", context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = location;
        });

        var error = await FailsAsync(() => _client.OpenBlobAsync(_registry.Image(), Digest.Compute([]), Credential));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.ToString().ShouldNotContain("s3cret");
        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Token_TooLong_IsInvalid()
    {
        _registry.WithTokens();
        _registry.FailOn("/token", context => context.Response.WriteAsync($$"""{"token":"{{new string('t', (32 << 10) + 1)}}"}"""));

        (await FailsAsync(() => _client.GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.InvalidResponse);
    }

    [Fact]
    public async Task RefreshToken_IsUsedNext_AndTheIdentityTokenWhenItIsRefused()
    {
        _registry.WithTokens().Accepts = authorization => authorization?.StartsWith("Bearer", StringComparison.Ordinal) == true;
        var given = new List<string>();
        _registry.FailOn("/token", async context =>
        {
            var form = await context.Request.ReadFormAsync();
            given.Add(form["refresh_token"]!);
            if (form["refresh_token"] == "rotated-2")
            {
                context.Response.StatusCode = 400;
                return;
            }

            await context.Response.WriteAsync($$"""{"access_token":"a{{given.Count}}","refresh_token":"rotated-{{given.Count}}"}""");
        });
        var credential = new RegistryCredential { IdentityToken = "identity" };

        foreach (var repository in new[] { "a", "b", "c" })
        {
            await _client.AuthenticatorFor(_registry.Host, credential).GetAuthorizationAsync([RegistryScope.Pull(repository)], fresh: false);
        }

        given.ShouldBe(["identity", "rotated-1", "rotated-2", "identity"]);
    }

    private static async Task<RegistryException> FailsAsync(Func<Task> call) => await Should.ThrowAsync<RegistryException>(call);

    /// <summary>Takes uploads, whatever their bytes.</summary>
    private static async Task<bool> TakeAsync(HttpContext context, Asked asked, List<string> stored)
    {
        switch (asked.Method)
        {
            case "POST":
                context.Response.StatusCode = 202;
                context.Response.Headers.Location = "/v2/upload/blobs/uploads/1?state=x";
                return true;
            case "PUT" or "PATCH":
                await context.Request.Body.CopyToAsync(Stream.Null);
                lock (stored)
                {
                    stored.Add(asked.Path);
                }

                context.Response.StatusCode = 201;
                return true;
            default:
                return false;
        }
    }
}

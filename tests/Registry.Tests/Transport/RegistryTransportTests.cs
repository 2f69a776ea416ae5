using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Registry.Tests.Transport;

public sealed class RegistryTransportTests : IAsyncLifetime
{
    private const string Json = """{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}""";

    private static readonly RegistryCredential Credential = RegistryCredential.Basic("u", "s3cret");
    private static readonly RegistryTransportOptions Quick = new() { RetryDelay = TimeSpan.Zero };

    private readonly List<IDisposable> _clients = [];
    private FaultyRegistry _registry = null!;

    public async Task InitializeAsync()
    {
        _registry = await FaultyRegistry.StartAsync();
        _registry.AddManifest("1", FaultyRegistry.OciManifest, Json);
    }

    public async Task DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Send_TokenRefusedOnce_IsRefreshedOnce()
    {
        _registry.WithTokens();
        var client = Client();
        await client.GetManifestAsync(_registry.Image(), Credential);
        _registry.Accepts = authorization => authorization is not "Bearer token-1" and not null;

        await client.GetManifestAsync(_registry.Image(), Credential);

        _registry.Requests.Select(asked => $"{asked}").ShouldBe(
            ["GET /v2/", "GET /token", "GET /v2/team/app/manifests/1", "GET /v2/team/app/manifests/1", "GET /token", "GET /v2/team/app/manifests/1"]);
    }

    [Fact]
    public async Task Send_TokenRefusedAgain_IsUnauthorizedAfterTwoTries()
    {
        _registry.WithTokens().Accepts = _ => false;

        var error = await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image(), Credential));

        error.Error.ShouldBe(RegistryError.Unauthorized);
        error.ToString().ShouldNotContain("s3cret");
        _registry.Count("GET /v2/team").ShouldBe(2);
        _registry.Count("GET /token").ShouldBe(2);
    }

    [Fact]
    public async Task Send_ManyWithAnExpiredToken_RefreshItOnce()
    {
        _registry.WithTokens();
        var client = Client();
        await client.GetManifestAsync(_registry.Image(), null);
        _registry.Accepts = authorization => authorization == "Bearer token-2";

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetManifestAsync(_registry.Image(), null)));

        _registry.Count("GET /token").ShouldBe(2);
        _registry.Count("GET /v2/team").ShouldBeLessThanOrEqualTo(101);
    }

    [Fact]
    public async Task Send_WrongPassword_IsOneRequest()
    {
        _registry.WithPassword("u", "other");

        (await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image(), Credential))).Error.ShouldBe(RegistryError.Unauthorized);

        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Send_ChallengeOnTheRepositoryOnly_IsMet()
    {
        _registry.WithPassword("u", "s3cret");
        _registry.Fault = (_, asked) => Task.FromResult(asked.Path == "/v2/");
        var client = Client();

        await client.GetManifestAsync(_registry.Image(), Credential);
        await client.GetManifestAsync(_registry.Image(), Credential);

        _registry.Count("GET /v2/team").ShouldBe(3);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(408)]
    public async Task Send_ServerErrors_AreTriedAgainAFewTimes(int status)
    {
        var client = Client();
        FailFirst(2, "/manifests/", context => context.Response.StatusCode = status);
        (await client.GetManifestAsync(_registry.Image(), null)).Digest.ShouldBe(Digest.Parse(Digest.Compute(System.Text.Encoding.UTF8.GetBytes(Json)).ToString()));
        _registry.Count("GET /v2/team").ShouldBe(3);

        FailFirst(int.MaxValue, "/manifests/", context => context.Response.StatusCode = status);
        var error = await Should.ThrowAsync<RegistryException>(() => client.GetManifestAsync(_registry.Image(), null));

        error.Error.ShouldBe(RegistryError.Unavailable);
        error.Message.ShouldContain($"{status}");
        _registry.Count("GET /v2/team").ShouldBe(3 + 4);
    }

    [Fact]
    public async Task Send_BrokenConnections_AreTriedAgainAFewTimes()
    {
        var client = Client();
        FailFirst(2, "/manifests/", context => context.Abort());
        await client.GetManifestAsync(_registry.Image(), null);
        _registry.Count("GET /v2/team").ShouldBe(3);

        FailFirst(int.MaxValue, "/manifests/", context => context.Abort());

        (await Should.ThrowAsync<RegistryException>(() => client.GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.Unavailable);
        _registry.Count("GET /v2/team").ShouldBe(3 + 4);
    }

    [Fact]
    public async Task Send_BodyBreaksOff_IsTriedAgain()
    {
        var client = Client();
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Path.Contains("/manifests/", StringComparison.Ordinal) && _registry.Count("GET /v2/team") == 1)
            {
                context.Response.ContentLength = 1000;
                await context.Response.Body.WriteAsync(new byte[10]);
                await context.Response.Body.FlushAsync();
                context.Abort();
                return true;
            }

            return false;
        };

        await client.GetManifestAsync(_registry.Image(), null);

        _registry.Count("GET /v2/team").ShouldBe(2);
    }

    [Fact]
    public async Task Send_NobodyListens_IsUnavailableWithTheReason()
    {
        var host = _registry.Host;
        await _registry.DisposeAsync();

        var error = await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(ImageReference.Parse($"{host}/a:1"), null));

        error.Error.ShouldBe(RegistryError.Unavailable);
        error.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task Send_CertificateIsNotTrusted_IsUnavailableWithTheReasonAfterOneTry()
    {
        var connections = 0;
        await using var server = await StartTlsAsync(() => Interlocked.Increment(ref connections));
        var image = ImageReference.Parse($"{new Uri(server.Urls.First()).Authority}/a:1");

        var error = await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(image, null));

        error.Error.ShouldBe(RegistryError.Unavailable);
        error.Message.ShouldContain("TLS");
        // One in TLS. Before that in plain HTTP, which a loopback registry may speak; .NET itself connects up to four times to who hangs up.
        connections.ShouldBeInRange(2, 5);

        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
#pragma warning disable CA5359 // The point of this test is that the handler decides whom to trust.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var trusting = new RegistryClient(Quick, handler);
        (await trusting.AuthenticatorFor(image.Domain, null).GetBaseAddressAsync()).Scheme.ShouldBe("https");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(416)]
    [InlineData(501)]
    public async Task Send_OtherRefusals_AreNotTriedAgain(int status)
    {
        FailFirst(int.MaxValue, "/manifests/", context => context.Response.StatusCode = status);

        await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image(), null));

        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Send_WaitsBetweenTries_GrowWithJitter()
    {
        var clock = new JumpingTimeProvider();
        FailFirst(int.MaxValue, "/manifests/", context => context.Response.StatusCode = 500);

        await Should.ThrowAsync<RegistryException>(() => Client(new RegistryTransportOptions { RetryDelay = TimeSpan.FromSeconds(1), MaximumRetryDelay = TimeSpan.FromSeconds(3) }, clock).GetManifestAsync(_registry.Image(), null));

        var waits = clock.Waits.ToList();
        waits.Count.ShouldBe(3);
        waits[0].ShouldBeInRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        waits[1].ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        waits[2].ShouldBeInRange(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Send_NoTimeForAnotherTry_FailsAtOnce()
    {
        var clock = new ManualTimeProvider();
        FailFirst(int.MaxValue, "/manifests/", context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "120";
        });

        (await Should.ThrowAsync<RegistryException>(() => Client(new RegistryTransportOptions(), clock).GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.Unavailable);

        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Send_RateLimited_IsTypedAtOnce()
    {
        FailFirst(int.MaxValue, "/manifests/", context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
        });

        var error = await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image(), null));

        error.Error.ShouldBe(RegistryError.RateLimited);
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
        error.Message.ShouldContain("429");
        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Send_RateLimitedUntilADate_IsToldAsADuration()
    {
        var clock = new ManualTimeProvider();
        FailFirst(int.MaxValue, "/manifests/", context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = (clock.GetUtcNow() + TimeSpan.FromSeconds(90)).ToString("R");
        });

        (await Should.ThrowAsync<RegistryException>(() => Client(Quick, clock).GetManifestAsync(_registry.Image(), null))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task Send_RateLimitedAndPatient_WaitsAsAsked()
    {
        var clock = new JumpingTimeProvider();
        FailFirst(2, "/manifests/", context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "60";
        });

        await Client(Quick, clock).GetManifestAsync(_registry.Image(), null, new RegistryCall { Retry = RegistryRetry.Wait, Deadline = TimeSpan.FromMinutes(5) });

        _registry.Count("GET /v2/team").ShouldBe(3);
        clock.Waits.Where(wait => wait >= TimeSpan.FromSeconds(60)).Count().ShouldBe(2);
        clock.Waits.ShouldAllBe(wait => wait <= TimeSpan.FromSeconds(66));
    }

    [Fact]
    public async Task Send_RateLimitedLongerThanTheDeadline_FailsAtOnce()
    {
        FailFirst(int.MaxValue, "/manifests/", context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
        });

        var error = await Should.ThrowAsync<RegistryException>(() => Client(Quick, new ManualTimeProvider()).GetManifestAsync(_registry.Image(), null, RegistryCall.Patient));

        error.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
        _registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task Send_RateLimitedForeverAndPatient_IsNoStorm()
    {
        var clock = new JumpingTimeProvider();
        FailFirst(int.MaxValue, "/manifests/", context => context.Response.StatusCode = 429);

        (await Should.ThrowAsync<RegistryException>(() => Client(Quick, clock).GetManifestAsync(_registry.Image(), null, RegistryCall.Patient))).Error.ShouldBe(RegistryError.RateLimited);

        _registry.Count("GET /v2/team").ShouldBeLessThan(20);
    }

    [Fact]
    public async Task Send_TokenEndpointRateLimits_IsWaitedOutToo()
    {
        _registry.WithTokens();
        var clock = new JumpingTimeProvider();
        FailFirst(1, "/token", context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "5";
        });

        await Client(Quick, clock).GetManifestAsync(_registry.Image(), null, RegistryCall.Patient);

        _registry.Count("GET /token").ShouldBe(2);
    }

    [Fact]
    public async Task Send_NoAnswer_TimesOutAtTheDeadline()
    {
        var clock = new ManualTimeProvider();
        var client = Client(Quick, clock);
        await client.GetManifestAsync(_registry.Image(), null);
        var arrived = new TaskCompletionSource();
        _registry.Fault = async (context, _) =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        var call = client.GetManifestAsync(_registry.Image(), null, new RegistryCall { Deadline = TimeSpan.FromSeconds(10) });
        await arrived.Task;
        clock.Advance(TimeSpan.FromSeconds(10));

        var error = await Should.ThrowAsync<RegistryException>(call);
        error.Error.ShouldBe(RegistryError.Timeout);
        error.Message.ShouldContain("10 s");
    }

    [Fact]
    public async Task Send_CallerCancels_IsACancellation()
    {
        using var cancel = new CancellationTokenSource();
        _registry.Fault = async (context, _) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        await Should.ThrowAsync<OperationCanceledException>(() => Client().GetManifestAsync(_registry.Image(), null, cancellationToken: cancel.Token));
    }

    [Fact]
    public async Task Redirect_ToABlobStore_GetsNoAuthorization()
    {
        await using var store = await FaultyRegistry.StartAsync();
        var digest = store.AddBlob([1, 2, 3]);
        _registry.WithPassword("u", "s3cret");
        _registry.Fault = (context, asked) => Redirect(context, asked, "/blobs/", $"{store.Address}/blobs/{digest}?X-Signature=abc");

        await using var blob = await Client().OpenBlobAsync(_registry.Image(), digest, Credential);

        (await ReadAsync(blob)).ShouldBe([1, 2, 3]);
        store.Requests.Single().Authorization.ShouldBeNull();
        store.Requests.Single().Query.ShouldBe("?X-Signature=abc");
    }

    [Fact]
    public async Task Redirect_WithinTheRegistry_KeepsTheAuthorization()
    {
        var digest = _registry.AddBlob([1, 2, 3]);
        _registry.WithPassword("u", "s3cret");
        _registry.Fault = (context, asked) => Redirect(context, asked, "/v2/team/app/blobs/", $"/v2/other/blobs/{digest}");

        await using var blob = await Client().OpenBlobAsync(_registry.Image(), digest, Credential);

        (await ReadAsync(blob)).ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData("http://192.0.2.1/blob?sig=s3cret")]
    [InlineData("https://169.254.169.254/blob?sig=s3cret")]
    [InlineData("file:///etc/passwd?sig=s3cret")]
    public async Task Redirect_ToAForbiddenAddress_IsRefusedAndNotShown(string target)
    {
        _registry.Fault = (context, asked) => Redirect(context, asked, "/blobs/", target);

        var error = await Should.ThrowAsync<RegistryException>(() => Client().OpenBlobAsync(_registry.Image(), Digest.Compute([]), null));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Redirect_Endless_IsCutOff()
    {
        _registry.Fault = (context, asked) => Redirect(context, asked, "/blobs/", asked.Path);

        (await Should.ThrowAsync<RegistryException>(() => Client().OpenBlobAsync(_registry.Image(), Digest.Compute([]), null))).Error.ShouldBe(RegistryError.InvalidResponse);
        _registry.Count("GET /v2/team").ShouldBe(6);
    }

    [Fact]
    public async Task Redirect_StoreRefuses_DoesNotShowItsAddress()
    {
        await using var store = await FaultyRegistry.StartAsync();
        store.Fault = async (context, _) =>
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("""{"errors":[{"code":"DENIED","message":"signature of http://store/blob?X-Signature=s3cret expired"}]}""");
            return true;
        };
        _registry.Fault = (context, asked) => Redirect(context, asked, "/blobs/", $"{store.Address}/blob?X-Signature=s3cret");

        var error = await Should.ThrowAsync<RegistryException>(() => Client().OpenBlobAsync(_registry.Image(), Digest.Compute([]), null));

        error.Error.ShouldBe(RegistryError.Denied);
        error.Message.ShouldContain("DENIED");
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Manifest_TooLarge_IsNotRead()
    {
        _registry.AddManifest("1", FaultyRegistry.OciManifest, new string(' ', (4 << 20) + 1));
        (await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.TooLarge);

        _registry.Fault = async (context, asked) =>
        {
            while (asked.Path.Contains("/manifests/", StringComparison.Ordinal))
            {
                await context.Response.Body.WriteAsync(new byte[64 << 10], context.RequestAborted);
            }

            return false;
        };
        (await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image(), null))).Error.ShouldBe(RegistryError.TooLarge);
    }

    [Fact]
    public async Task Manifest_OtherBytesThanItsDigest_IsRefused()
    {
        var digest = _registry.AddManifest("2", FaultyRegistry.OciManifest, Json + " ");
        _registry.Manifests[digest.ToString()] = (FaultyRegistry.OciManifest, "{}"u8.ToArray());

        (await Should.ThrowAsync<RegistryException>(() => Client().GetManifestAsync(_registry.Image().WithDigest(digest), null))).Error.ShouldBe(RegistryError.DigestMismatch);
        (await Should.ThrowAsync<RegistryException>(() => Client().HeadManifestAsync(_registry.Image().WithDigest(digest), null))).Error.ShouldBe(RegistryError.DigestMismatch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blob_OtherBytesThanItsDigest_AreNeverWhole(bool toldLength)
    {
        var content = new byte[300_000];
        var digest = Digest.Compute(content);
        content[^1] = 1;
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                context.Response.ContentLength = toldLength ? content.Length : null;
                await context.Response.Body.WriteAsync(content);
            }

            return asked.Path.Contains("/blobs/", StringComparison.Ordinal);
        };
        await using var blob = await Client().OpenBlobAsync(_registry.Image(), digest, null);

        (await Should.ThrowAsync<RegistryException>(() => ReadAsync(blob))).Error.ShouldBe(RegistryError.DigestMismatch);
    }

    [Fact]
    public async Task Blob_BreaksOff_IsAnError()
    {
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                context.Response.ContentLength = 1000;
                await context.Response.Body.WriteAsync(new byte[10]);
                await context.Response.Body.FlushAsync();
                context.Abort();
            }

            return asked.Path.Contains("/blobs/", StringComparison.Ordinal);
        };

        (await Should.ThrowAsync<RegistryException>(async () =>
        {
            await using var blob = await Client().OpenBlobAsync(_registry.Image(), Digest.Compute(new byte[1000]), null, new RegistryCall());
            await ReadAsync(blob);
        })).Error.ShouldBe(RegistryError.Unavailable);
    }

    [Fact]
    public async Task Blob_StopsFlowing_TimesOut()
    {
        var clock = new ManualTimeProvider();
        _registry.Fault = async (context, asked) =>
        {
            if (asked.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                context.Response.ContentLength = 1000;
                await context.Response.Body.WriteAsync(new byte[10]);
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }

            return asked.Path.Contains("/blobs/", StringComparison.Ordinal);
        };
        await using var blob = await Client(Quick, clock).OpenBlobAsync(_registry.Image(), Digest.Compute(new byte[1000]), null);
        var buffer = new byte[100];
        (await blob.ReadAsync(buffer)).ShouldBe(10);

        // Reading takes no time of the deadline, and a reader may take its own.
        clock.Advance(TimeSpan.FromHours(1));
        var stalled = blob.ReadAsync(buffer).AsTask();
        clock.Advance(TimeSpan.FromSeconds(60));

        (await Should.ThrowAsync<RegistryException>(stalled)).Error.ShouldBe(RegistryError.Timeout);
    }

    private static async Task<WebApplication> StartTlsAsync(Action connected)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Use(next => connection =>
            {
                connected();
                return next(connection);
            });
            listen.UseHttps(certificate);
        }));
        var server = builder.Build();
        server.Run(_ => Task.CompletedTask);
        await server.StartAsync();
        return server;
    }

    private static async Task<bool> Redirect(HttpContext context, Asked asked, string path, string target)
    {
        await Task.CompletedTask;
        if (!asked.Path.Contains(path, StringComparison.Ordinal))
        {
            return false;
        }

        context.Response.StatusCode = 307;
        context.Response.Headers.Location = target;
        return true;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }

    private void FailFirst(int times, string path, Action<HttpContext> fail) => _registry.FailOn(path, fail, times);

    private RegistryClient Client(RegistryTransportOptions? options = null, TimeProvider? clock = null)
    {
        var client = new RegistryClient(options ?? Quick, time: clock);
        _clients.Add(client);
        return client;
    }
}

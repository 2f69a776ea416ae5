using System.Net;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Testing;
using Microsoft.AspNetCore.Http;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>What a registry that answers 429 is asked after that, counted at the registry.</summary>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class RegistryBudgetTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly RegistryCredential Credential = RegistryCredential.Basic("u", "p");

    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingObserver _observer = new();
    private FaultyRegistry _registry = null!;
    private RegistryClient _client = null!;

    public async Task InitializeAsync()
    {
        _registry = await FaultyRegistry.StartAsync();
        _registry.AddManifest("1", FaultyRegistry.OciManifest, "{}");
        _client = Client(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero, Observer = _observer });
        await _client.HeadManifestAsync(_registry.Image(), null);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Impatient_AfterARefusal_AreRefusedWithoutARequest()
    {
        Refuse("30");
        await RefusedAsync(RegistryCall.Default);
        _clock.Advance(TimeSpan.FromSeconds(10));

        var errors = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RefusedAsync(RegistryCall.Default)));

        errors.ShouldAllBe(error => error.RetryAfter == TimeSpan.FromSeconds(20) && error.Message.Contains("in 20 s"));
        Asked().ShouldBe(1);
        _observer.Blocks.ShouldBe([(_registry.Host, TimeSpan.FromSeconds(30))]);
    }

    [Fact]
    public async Task Impatient_AtOnce_CostAsManyRequestsAsWereUnderWay()
    {
        var release = new TaskCompletionSource();
        Refuse("30", () => release.Task);

        var calls = Enumerable.Range(0, 500).Select(_ => RefusedAsync(RegistryCall.Default)).ToList();
        await _registry.ArrivedAsync(() => Asked() == 64);
        release.SetResult();
        await Task.WhenAll(calls);

        Asked().ShouldBe(64);
        _observer.Blocks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task OtherCredentialAndOtherRegistry_AreNotHeldBack()
    {
        await using var other = await FaultyRegistry.StartAsync();
        other.AddManifest("1", FaultyRegistry.OciManifest, "{}");
        Refuse("30");
        await RefusedAsync(RegistryCall.Default);
        _registry.Fault = null;

        (await _client.HeadManifestAsync(_registry.Image(), Credential)).ShouldNotBeNull();
        (await _client.HeadManifestAsync(other.Image(), null)).ShouldNotBeNull();
        await RefusedAsync(RegistryCall.Default);
    }

    [Fact]
    public async Task AfterTheWait_OneGoesToSee_AndTheOthersWaitForItsAnswer()
    {
        Refuse("30");
        await RefusedAsync(RegistryCall.Default);
        var release = new TaskCompletionSource();
        _registry.Fault = async (_, _) =>
        {
            await release.Task;
            return false;
        };
        _clock.Advance(TimeSpan.FromSeconds(30));

        var calls = Enumerable.Range(0, 200).Select(_ => _client.HeadManifestAsync(_registry.Image(), null)).ToList();
        await _registry.ArrivedAsync(() => Asked() == 2);
        calls.ShouldAllBe(call => !call.IsCompleted);
        var whileItWasUnderWay = Asked();
        release.SetResult();

        (await Task.WhenAll(calls)).ShouldAllBe(descriptor => descriptor != null);
        whileItWasUnderWay.ShouldBe(2);
        Asked().ShouldBe(1 + 200);
    }

    [Fact]
    public async Task AfterTheWait_TheOneIsRefused_AllStayAwayLonger()
    {
        Refuse(null);
        (await RefusedAsync(RegistryCall.Default)).RetryAfter!.Value.ShouldBe(TimeSpan.FromSeconds(1));
        for (var round = 1; round <= 8; round++)
        {
            _clock.Advance(TimeSpan.FromSeconds(60));
            var before = Asked();

            var errors = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RefusedAsync(RegistryCall.Default)));

            (Asked() - before).ShouldBe(1);
            var longest = Math.Min(Math.Pow(2, round), 60);
            errors.ShouldAllBe(error => error.RetryAfter >= TimeSpan.FromSeconds(longest / 2) && error.RetryAfter <= TimeSpan.FromSeconds(longest));
        }
    }

    [Fact]
    public async Task AfterTheWait_TheOneGetsNoAnswer_AnotherGoesToSee()
    {
        Refuse("30");
        await RefusedAsync(RegistryCall.Default);
        _clock.Advance(TimeSpan.FromSeconds(30));
        using var cancel = new CancellationTokenSource();
        var arrived = new TaskCompletionSource();
        _registry.Fault = async (context, _) =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var first = _client.HeadManifestAsync(_registry.Image(), null, cancellationToken: cancel.Token);
        await arrived.Task;
        _registry.Fault = null;
        var second = _client.HeadManifestAsync(_registry.Image(), null);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(first);
        (await second).ShouldNotBeNull();
        Asked().ShouldBe(3);
    }

    [Fact]
    public async Task Refused_SoonAfterItWasOver_CountsOn()
    {
        Refuse(null);
        await RefusedAsync(RegistryCall.Default);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _registry.Fault = null;
        await _client.HeadManifestAsync(_registry.Image(), null);

        Refuse(null);
        (await RefusedAsync(RegistryCall.Default)).RetryAfter!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(2));
        (await RefusedAsync(RegistryCall.Default)).RetryAfter!.Value.ShouldBeInRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
        _clock.Advance(TimeSpan.FromSeconds(4));
        _registry.Fault = null;
        await _client.HeadManifestAsync(_registry.Image(), null);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await _client.HeadManifestAsync(_registry.Image(), null);

        Refuse(null);
        (await RefusedAsync(RegistryCall.Default)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("999999999", 3600)]
    [InlineData("Thu, 31 Dec 2099 23:59:59 GMT", 3600)]
    [InlineData("0", 1)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", 1)]
    [InlineData("soon", 1)]
    [InlineData("-5", 1)]
    public async Task RetryAfter_Absurd_IsBounded(string retryAfter, int seconds)
    {
        Refuse(retryAfter);

        (await RefusedAsync(RegistryCall.Default)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task Patient_Many_WaitTogetherAndComeBackOneFirst()
    {
        var clock = new JumpingTimeProvider();
        using var client = new RegistryClient(new RegistryTransportOptions(), time: clock);
        var refusals = 0;
        _registry.Fault = (context, asked) =>
        {
            if (!asked.Path.Contains("/manifests/", StringComparison.Ordinal) || Interlocked.Increment(ref refusals) > 3)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "20";
            return Task.FromResult(true);
        };
        var before = Asked();
        (await client.HeadManifestAsync(_registry.Image(), null, RegistryCall.Patient)).ShouldNotBeNull();
        (Asked() - before).ShouldBe(4);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.HeadManifestAsync(_registry.Image(), null, RegistryCall.Patient)));

        answers.ShouldAllBe(answer => answer != null);
        (Asked() - before).ShouldBe(104);
    }

    [Fact]
    public async Task Patient_LongerThanItsDeadline_IsToldAtOnce()
    {
        Refuse("30");
        await RefusedAsync(RegistryCall.Default);

        var error = await RefusedAsync(new RegistryCall { Retry = RegistryRetry.Wait, Deadline = TimeSpan.FromSeconds(20) });

        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(30));
        Asked().ShouldBe(1);
    }

    [Fact]
    public async Task TokenEndpoint_RefusesOneCredential_OthersGetTheirs()
    {
        _registry.WithTokens();
        _registry.Fault = (context, asked) =>
        {
            if (asked.Path != "/token" || asked.Authorization is null)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "30";
            return Task.FromResult(true);
        };
        using var client = Client(new RegistryTransportOptions());

        (await Should.ThrowAsync<RegistryException>(() => client.HeadManifestAsync(_registry.Image(), Credential))).Error.ShouldBe(RegistryError.RateLimited);
        (await Should.ThrowAsync<RegistryException>(() => client.HeadManifestAsync(_registry.Image("2"), Credential))).Error.ShouldBe(RegistryError.RateLimited);
        await client.HeadManifestAsync(_registry.Image(), null);

        _registry.Count("GET /token").ShouldBe(2);
    }

    [Fact]
    public async Task ARegistryThatRedirects_SpendsNoBudgetOfOthers()
    {
        await using var victim = await FaultyRegistry.StartAsync();
        victim.AddManifest("1", FaultyRegistry.OciManifest, "{}");
        victim.FailOn("/blobs/", context => context.Response.StatusCode = 429);
        _registry.FailOn("/blobs/", context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"{victim.Address}/v2/a/blobs/b";
        });

        (await Should.ThrowAsync<RegistryException>(() => _client.OpenBlobAsync(_registry.Image(), Digest.Compute([]), null))).Error.ShouldBe(RegistryError.RateLimited);

        (await _client.HeadManifestAsync(victim.Image(), null)).ShouldNotBeNull();
        (await _client.HeadManifestAsync(_registry.Image(), null)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Gate_IsPerRegistryAndInOrder()
    {
        await using var other = await FaultyRegistry.StartAsync();
        other.AddManifest("1", FaultyRegistry.OciManifest, "{}");
        using var client = Client(new RegistryTransportOptions { MaximumConcurrentRequests = 2 });
        var (atOnce, most) = (0, 0);
        var release = new TaskCompletionSource();
        await client.HeadManifestAsync(_registry.Image(), null);
        _registry.Fault = async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            await release.Task;
            Interlocked.Decrement(ref atOnce);
            return false;
        };
        using var cancel = new CancellationTokenSource();

        var calls = Enumerable.Range(0, 20).Select(_ => client.HeadManifestAsync(_registry.Image(), null)).ToList();
        var givesUp = client.HeadManifestAsync(_registry.Image(), null, cancellationToken: cancel.Token);
        (await client.HeadManifestAsync(other.Image(), null)).ShouldNotBeNull();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(givesUp);
        release.SetResult();

        (await Task.WhenAll(calls)).ShouldAllBe(answer => answer != null);
        most.ShouldBeLessThanOrEqualTo(2);
        (await client.HeadManifestAsync(_registry.Image(), null)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Gate_BodiesThatFlow_KeepNobodyWaiting()
    {
        var digest = _registry.AddBlob(new byte[8 << 20]);
        using var client = Client(new RegistryTransportOptions { MaximumConcurrentRequests = 1 });
        var blobs = new List<Stream>();
        for (var i = 0; i < 5; i++)
        {
            blobs.Add(await client.OpenBlobAsync(_registry.Image(), digest, null));
        }

        (await client.HeadManifestAsync(_registry.Image(), null)).ShouldNotBeNull();

        blobs.ForEach(blob => blob.Dispose());
    }

    [Fact]
    public async Task Observer_IsToldOfEveryRequestThatWasSent()
    {
        await using var store = await FaultyRegistry.StartAsync();
        var digest = store.AddBlob([1]);
        _registry.WithTokens();
        _registry.Fault = (context, asked) =>
        {
            context.Response.Headers["RateLimit-Limit"] = "100;w=21600";
            context.Response.Headers["RateLimit-Remaining"] = "76;w=21600";
            if (asked.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 307;
                context.Response.Headers.Location = $"{store.Address}/blobs/{digest}";
                return Task.FromResult(true);
            }

            return Task.FromResult(false);
        };
        var observer = new RecordingObserver();
        using var client = Client(new RegistryTransportOptions { Observer = observer });

        (await client.OpenBlobAsync(_registry.Image(), digest, null)).Dispose();

        var host = _registry.Host;
        observer.Requests.ShouldBe([$"{host} Registry GET 401", $"{host} TokenEndpoint GET 200", $"{host} Registry GET 307", $"{host} BlobStore GET 200"]);
        observer.Budgets.Distinct().ShouldBe([(host, new RegistryBudget(100, 76, TimeSpan.FromHours(6)))]);
        observer.Budgets.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("100", "76", 100, 76, null)]
    [InlineData(null, "76;w=60", null, 76, 60)]
    [InlineData("100;w=60", "0", 100, 0, 60)]
    [InlineData("many", "1;w=long", null, 1, null)]
    public void BudgetHeaders_AreRead(string? limit, string remaining, int? expectedLimit, int expectedRemaining, int? seconds)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("RateLimit-Remaining", remaining);
        if (limit is not null)
        {
            response.Headers.TryAddWithoutValidation("RateLimit-Limit", limit);
        }

        BudgetHeaders.Read(response).ShouldBe(new RegistryBudget(expectedLimit, expectedRemaining, seconds is { } window ? TimeSpan.FromSeconds(window) : null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("all")]
    [InlineData("99999999999999999999")]
    public void BudgetHeaders_Unreadable_TellNothing(string remaining)
    {
        using var response = new HttpResponseMessage();
        BudgetHeaders.Read(response).ShouldBeNull();
        response.Headers.TryAddWithoutValidation("RateLimit-Remaining", remaining);
        BudgetHeaders.Read(response).ShouldBeNull();
    }

    private RegistryClient Client(RegistryTransportOptions options) => new(options, time: _clock);

    private int Asked() => _registry.Count("HEAD /v2/team/app/manifests/1") - 1;

    private async Task<RegistryException> RefusedAsync(RegistryCall call)
    {
        var error = await Should.ThrowAsync<RegistryException>(() => _client.HeadManifestAsync(_registry.Image(), null, call));
        error.Error.ShouldBe(RegistryError.RateLimited);
        return error;
    }

    private void Refuse(string? retryAfter, Func<Task>? wait = null) => _registry.Fault = async (context, asked) =>
    {
        if (!asked.Path.Contains("/manifests/", StringComparison.Ordinal))
        {
            return false;
        }

        await (wait?.Invoke() ?? Task.CompletedTask);
        context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        return true;
    };
}

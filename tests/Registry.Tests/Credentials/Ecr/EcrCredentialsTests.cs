using System.Globalization;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Credentials.Ecr;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Credentials.Ecr;

public sealed class EcrCredentialsTests : IAsyncLifetime, IDisposable
{
    private const string Registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    private const string Other = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

    private readonly ManualTimeProvider _time = new();
    private readonly FixedIdentity _identity = new();
    private FakeAws _aws = null!;
    private EcrCredentials _source = null!;

    public async Task InitializeAsync()
    {
        _aws = await FakeAws.StartAsync(_time);
        _source = new EcrCredentials(_aws.Address.ToString(), _identity, _time);
    }

    public async Task DisposeAsync() => await _aws.DisposeAsync();

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task FindAsync_EcrRegistry_AsksItsRegionForItsAccount()
    {
        (await FindAsync(Registry)).ShouldBe(RegistryCredential.Basic("AWS", "token-1-eu-west-1"));
        (await FindAsync(Other)).ShouldBe(RegistryCredential.Basic("AWS", "token-2-us-east-1"));
        (await FindAsync("999999999999.dkr.ecr.us-east-1.amazonaws.com")).ShouldBe(RegistryCredential.Basic("AWS", "token-3-us-east-1"));

        _aws.Asked.ShouldBe(["""eu-west-1 {"registryIds":["123456789012"]}""", """us-east-1 {"registryIds":["123456789012"]}""", """us-east-1 {"registryIds":["999999999999"]}"""]);
    }

    [Fact]
    public async Task FindAsync_SessionToken_IsSentAndSigned()
    {
        _aws.WithSession = true;
        _identity.Session = FakeAws.Session;

        (await FindAsync(Registry)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("docker.io")]
    [InlineData("public.ecr.aws")]
    [InlineData("123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.org")]
    public async Task FindAsync_OtherRegistry_IsNoneAndAsksNobody(string host)
    {
        _identity.Missing = "there is none";

        (await FindAsync(host)).ShouldBeNull();

        _aws.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task FindAsync_Wildcard_IsATokenOfOurOwnRegion()
    {
        (await _source.ListHostsAsync(default)).ShouldBe([EcrRegistry.Wildcard]);
        (await FindAsync(EcrRegistry.Wildcard))!.Password.ShouldBe("token-1-eu-central-1");

        _aws.Asked.ShouldBe(["eu-central-1 {}"]);
    }

    [Fact]
    public async Task FindAsync_WildcardWithoutARegion_SaysWhatToSet()
    {
        _identity.Region = null;

        (await FailAsync(EcrRegistry.Wildcard)).ShouldBe("cannot get a token for ECR registry of this machine's region: this machine's AWS region is not known; set AWS_REGION");
    }

    [Fact]
    public async Task FindAsync_TenThousandCallers_OneRequest()
    {
        var found = await Task.Run(() => Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => FindAsync(Registry))));

        found.Count(credential => credential!.Password == "token-1-eu-west-1").ShouldBe(10_000);
        _aws.Asked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(12, 240)]
    [InlineData(24, 240)]
    [InlineData(2, 60)]
    public async Task FindAsync_TokenGetsOld_IsRenewedInTime(int lifetimeHours, int keptMinutes)
    {
        _aws.Lifetime = TimeSpan.FromHours(lifetimeHours);
        await FindAsync(Registry);

        _time.Advance(TimeSpan.FromMinutes(keptMinutes) - TimeSpan.FromSeconds(1));
        (await FindAsync(Registry))!.Password.ShouldBe("token-1-eu-west-1");

        _time.Advance(TimeSpan.FromSeconds(1));
        (await FindAsync(Registry))!.Password.ShouldBe("token-2-eu-west-1");
    }

    [Fact]
    public async Task FindAsync_ThrottledThenFailingThenFine_IsTriedAgain()
    {
        var failures = new Queue<(int, string)>([(400, "ThrottlingException"), (500, "ServerException"), (429, "TooManyRequestsException")]);
        _aws.Fault = context => failures.TryDequeue(out var failure) ? FakeAws.FailAsync(context, failure.Item1, failure.Item2, "x") : Task.FromResult(false);

        (await AdvancingAsync(FindAsync(Registry)))!.Password.ShouldBe("token-1-eu-west-1");

        _aws.Asked.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData(400, "ThrottlingException")]
    [InlineData(500, "")]
    public async Task FindAsync_FailsForGood_IsGivenUpAndNotAskedAgainForAWhile(int status, string type)
    {
        _aws.Fault = context => FakeAws.FailAsync(context, status, type, "s3cret");

        var message = (await Should.ThrowAsync<CredentialsException>(AdvancingAsync(FindAsync(Registry)))).Message;

        message.ShouldBe($"cannot get a token for ECR registry {Registry}: ECR fails or limits requests (HTTP {status} {type}), also when tried again; try later");
        _aws.Asked.Count.ShouldBe(4);
        await FailAsync(Registry);
        _aws.Asked.Count.ShouldBe(4);

        _aws.Fault = null;
        _time.Advance(TimeSpan.FromSeconds(10));
        (await FindAsync(Registry)).ShouldNotBeNull();
    }

    [Fact]
    public async Task FindAsync_OneRegionFails_TheOthersDoNot()
    {
        _aws.Fault = context => context.Request.Headers.Authorization.ToString().Contains("eu-west-1", StringComparison.Ordinal)
            ? FakeAws.FailAsync(context, 400, "AccessDeniedException", "x")
            : Task.FromResult(false);

        await FailAsync(Registry);
        (await FindAsync(Other)).ShouldNotBeNull();
    }

    [Fact]
    public async Task FindAsync_InAKeychain_AfterTheDockerConfigAndBeforeTheRequest()
    {
        using var folder = new HelperFolder();
        folder.Configure("""{"auths":{"@":{"auth":"dTpw"},"r.test":{"auth":"dTpw"}}}""".Replace("@", Registry, StringComparison.Ordinal));
        var keychain = new Keychain([new DockerConfigCredentials(folder.Config), _source]);
        var access = RegistryAccess.None with { Additional = RegistryAccess.None.Additional.Add(Other, "b3duOng=").Add("own.test", "b3duOng=") };

        (await keychain.FindAsync(Registry, access, default))!.Username.ShouldBe("u");
        (await keychain.FindAsync(Other, access, default))!.Username.ShouldBe("AWS");
        (await keychain.FindAsync("own.test", access, default))!.Username.ShouldBe("own");
        (await keychain.FindAsync("r.test", access, default)).ShouldBeNull();
        (await keychain.ListHostsAsync(access, default)).ShouldBe([Registry, EcrRegistry.Wildcard], ignoreOrder: true);
    }

    [Fact]
    public async Task FindAsync_FailingInAKeychain_KeepsNoOtherRegistryFromWorking()
    {
        _identity.Missing = "there is none";
        using var folder = new HelperFolder();
        folder.Configure("""{"auths":{"r.test":{"auth":"dTpw"}}}""");
        var keychain = new Keychain([_source, new DockerConfigCredentials(folder.Config)]);

        (await keychain.FindAsync("r.test", RegistryAccess.All, default))!.Username.ShouldBe("u");
        (await keychain.FindAsync("public.test", RegistryAccess.All, default)).ShouldBeNull();
        await Should.ThrowAsync<CredentialsException>(async () => await keychain.FindAsync(Registry, RegistryAccess.All, default));
    }

    [Fact]
    public async Task FindAsync_ManyAccounts_FewRequestsAtATime()
    {
        var now = 0;
        var seen = new System.Collections.Concurrent.ConcurrentQueue<int>();
        var gate = new TaskCompletionSource();
        _aws.Fault = async _ =>
        {
            var running = Interlocked.Increment(ref now);
            seen.Enqueue(running);
            if (running == 4)
            {
                gate.TrySetResult();
            }

            await gate.Task;
            Interlocked.Decrement(ref now);
            return false;
        };

        await Task.WhenAll(Enumerable.Range(0, 40).Select(account => FindAsync($"{account:000000000000}.dkr.ecr.eu-west-1.amazonaws.com")));

        seen.Max().ShouldBe(4);
        _aws.Asked.Count.ShouldBe(40);
    }

    [Fact]
    public async Task FindAsync_AccessDenied_NamesThePermission()
    {
        _aws.Fault = context => FakeAws.FailAsync(context, 400, "AccessDeniedException", "User: arn:aws:iam::1:role/x is not authorized to perform: ecr:GetAuthorizationToken on resource: *");

        (await FailAsync(Registry)).ShouldBe(
            $"cannot get a token for ECR registry {Registry}: AWS denies it: this machine's AWS identity needs the permission ecr:GetAuthorizationToken on resource \"*\" " +
            "(IAM policy AmazonEC2ContainerRegistryPowerUser has it): User: arn:aws:iam::1:role/x is not authorized to perform: ecr:GetAuthorizationToken on resource: *");
        _aws.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task FindAsync_ClockIsOff_SaysByHowMuch()
    {
        _aws.Ahead = TimeSpan.FromMinutes(42);

        (await FailAsync(Registry)).ShouldBe(
            $"cannot get a token for ECR registry {Registry}: AWS refuses the request (InvalidSignatureException): this machine's clock is 42 minutes off; set it, for example by NTP");
    }

    [Fact]
    public async Task FindAsync_TokenHasExpired_IsNoToken()
    {
        _aws.Lifetime = TimeSpan.FromMinutes(-1);

        (await FailAsync(Registry)).ShouldContain("has expired already");
    }

    [Fact]
    public async Task FindAsync_WrongKey_SaysSoAndShowsNothingOfTheRequest()
    {
        _identity.Secret = "another secret";
        _identity.Session = FakeAws.Session;

        var error = await Should.ThrowAsync<CredentialsException>(FindAsync(Registry));

        error.Message.ShouldBe(
            $"cannot get a token for ECR registry {Registry}: AWS does not accept this machine's AWS identity (InvalidSignatureException): its keys are wrong, revoked or expired, or are not for region eu-west-1");
        error.ToString().ShouldNotContain(FakeAws.Session);
        error.ToString().ShouldNotContain("another secret");
    }

    [Fact]
    public async Task FindAsync_NoIdentity_SaysWhereItWasLookedFor()
    {
        _identity.Missing = "this machine has no AWS identity";

        (await FailAsync(Registry)).ShouldBe($"cannot get a token for ECR registry {Registry}: this machine has no AWS identity");
    }

    [Theory]
    [InlineData("not JSON s3cret")]
    [InlineData("{}")]
    [InlineData("""{"authorizationData":[]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"s3cret!","expiresAt":1}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"czNjcmV0","expiresAt":1}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"QVdTOnMzY3JldA==","expiresAt":1e300}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"QVdTOnMzY3JldA=="}]}""")]
    public async Task FindAsync_AnswerThatIsNone_IsAFailureThatShowsNothing(string answer)
    {
        _aws.Fault = async context =>
        {
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, answer);
            return true;
        };

        var error = await Should.ThrowAsync<CredentialsException>(FindAsync(Registry));

        error.Message.ShouldBe($"cannot get a token for ECR registry {Registry}: what answers in place of ECR gives no authorization token");
        error.ToString().ShouldNotContain("s3cret");
        error.ToString().ShouldNotContain("czNjcmV0");
    }

    [Fact]
    public async Task FindAsync_EndlessAnswer_IsCutShort()
    {
        _aws.Fault = async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[4096]);
            }

            return true;
        };

        (await Should.ThrowAsync<CredentialsException>(AdvancingAsync(FindAsync(Registry)))).Message.ShouldContain("does not answer as ECR does");
    }

    [Fact]
    public async Task FindAsync_NoAnswer_EndsAtItsDeadline()
    {
        var asked = new TaskCompletionSource();
        _aws.Fault = async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };

        var finding = FindAsync(Registry);
        await asked.Task;
        _time.Advance(TimeSpan.FromSeconds(20));

        (await Should.ThrowAsync<CredentialsException>(finding)).Message.ShouldBe($"cannot get a token for ECR registry {Registry}: AWS did not answer within 20 s");
    }

    [Theory]
    [InlineData("https://vpce-1.api.ecr.eu-west-1.vpce.amazonaws.com", true)]
    [InlineData("http://127.0.0.1:4566", true)]
    [InlineData("http://evil.test", false)]
    [InlineData("not an address", false)]
    public void ReadEndpoint_Address_HttpsOrLoopback(string text, bool allowed)
    {
        if (allowed)
        {
            EcrApi.ReadEndpoint(text)!.ToString().ShouldStartWith(text);
        }
        else
        {
            Should.Throw<CredentialsException>(() => EcrApi.ReadEndpoint(text)).Message.ShouldContain("AWS_ENDPOINT_URL_ECR");
        }

        EcrApi.ReadEndpoint("").ShouldBeNull();
        EcrApi.ReadEndpoint(null).ShouldBeNull();
    }

    private Task<RegistryCredential?> FindAsync(string host) => _source.FindAsync(host, default).AsTask();

    private async Task<string> FailAsync(string host) => (await Should.ThrowAsync<CredentialsException>(FindAsync(host))).Message;

    /// <summary>Lets the waits between tries pass; each is a timer beside that of the deadline.</summary>
    private async Task<T> AdvancingAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            if (_time.ArmedTimers > 1)
            {
                _time.Advance(TimeSpan.FromSeconds(2));
            }

            await Task.Yield();
        }

        return await task;
    }
}

using System.Net;
using System.Net.Http.Headers;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Grains.Tests.References;

public sealed class ReferenceGrainTests
{
    private static readonly string Key = ReferenceKey.Of(ImageReference.Parse($"{TestRegistry.Host}/app:1"), Platform.LinuxAmd64);

    [Fact]
    public async Task Resolve_TenThousandAtOnceOfAColdReference_OneHead()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var grain = host.Reference(Key);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => grain.Resolve(Query(RegistryAccessMessage.Nothing))));

        answers.ShouldAllBe(answer => answer.Outcome == ResolveOutcome.Found && answer.Digest == TestRegistry.DigestOf('a'));
        world.Registry.Heads.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Resolve_TenThousandAtOnceOfAColdIndex_OneHeadAndOneGet(bool isEverySecondPatient)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.PutIndex("app:1");
        var grain = host.Reference(Key);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(
            index => grain.Resolve(Query(RegistryAccessMessage.Nothing) with { Patient = isEverySecondPatient && index % 2 == 0 })));

        answers.ShouldAllBe(answer => answer.Outcome == ResolveOutcome.Found && answer.Digest == TestRegistry.DigestOf('a'));
        (world.Registry.Heads, world.Registry.Gets).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Resolve_IndexSeenBefore_HeadAlone()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.PutIndex("app:1");
        var now = Query(RegistryAccessMessage.Nothing) with { MaxAge = TimeSpan.Zero };

        for (var times = 0; times < 5; times++)
        {
            (await host.Reference(Key).Resolve(now)).Digest.ShouldBe(TestRegistry.DigestOf('a'));
        }

        (world.Registry.Heads, world.Registry.Gets).ShouldBe((5, 1));
    }

    [Fact]
    public async Task Resolve_KeyOfTheManifest_TellsTheIndexWithoutReadingIt()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var digest = world.Registry.PutIndex("app:1");
        var grain = host.Reference(ReferenceKey.OfManifest(ImageReference.Parse($"{TestRegistry.Host}/app:1")));

        (await grain.Resolve(Query(RegistryAccessMessage.Nothing) with { MaxAge = TimeSpan.Zero })).Digest.ShouldBe(digest);

        (world.Registry.Heads, world.Registry.Gets).ShouldBe((1, 0));
        world.Registry.Remove("app:1");
        (await grain.Resolve(Query(RegistryAccessMessage.Nothing) with { MaxAge = TimeSpan.Zero })).Outcome.ShouldBe(ResolveOutcome.NotFound);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public async Task Resolve_RegistryGoesDown_WhatWasKnownIsGivenOutToWhoKnewIt(HttpStatusCode status)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var grain = host.Reference(Key);
        await grain.Resolve(Query(GrainWorld.Own("anna", "right")));
        world.Registry.Fail(status);
        world.Clock.Advance(TimeSpan.FromMinutes(30));

        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Digest.ShouldBe(TestRegistry.DigestOf('a'));

        (await grain.Resolve(Query(GrainWorld.Own("ben", "right")))).Outcome.ShouldNotBe(ResolveOutcome.Found);
        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")) with { MaxAge = TimeSpan.Zero })).Outcome.ShouldNotBe(ResolveOutcome.Found);
        world.Clock.Advance(TimeSpan.FromMinutes(31));
        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Outcome.ShouldNotBe(ResolveOutcome.Found);
    }

    [Fact]
    public async Task Resolve_CredentialIsRevoked_OpensNothingAnyMore()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("anna", "right");
        var grain = host.Reference(Key);
        await grain.Resolve(Query(GrainWorld.Own("anna", "right")));
        world.Registry.Login = ("anna", "other");
        world.Clock.Advance(TimeSpan.FromMinutes(3));

        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Outcome.ShouldBe(ResolveOutcome.Denied);

        world.Registry.Login = null;
        world.Registry.Fail(HttpStatusCode.ServiceUnavailable);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Outcome.ShouldBe(ResolveOutcome.Failed);
    }

    [Fact]
    public async Task Resolve_CallerWithoutAccess_NeverGetsTheAnswerOfOneWithAccess()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("anna", "right");
        var grain = host.Reference(Key);

        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Outcome.ShouldBe(ResolveOutcome.Found);

        (await grain.Resolve(Query(RegistryAccessMessage.Nothing))).Outcome.ShouldBe(ResolveOutcome.Denied);
        (await grain.Resolve(Query(GrainWorld.Own("anna", "wrong")))).Outcome.ShouldBe(ResolveOutcome.Denied);
        (await grain.Resolve(Query(GrainWorld.Own("ben", "right")))).Outcome.ShouldBe(ResolveOutcome.Denied);
        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Outcome.ShouldBe(ResolveOutcome.Found);
    }

    [Fact]
    public async Task Resolve_AccessToTheInstallationsCredential_IsWhatCounts()
    {
        await using var world = new GrainWorld();
        world.Credentials.Add(new InstallationCredentials(RegistryCredential.Basic("service", "secret")));
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("service", "secret");
        var grain = host.Reference(Key);
        var allowed = RegistryAccessMessage.Nothing with { AllowedHosts = [TestRegistry.Host] };
        var other = RegistryAccessMessage.Nothing with { AllowedHosts = ["other.test"] };

        (await grain.Resolve(Query(RegistryAccessMessage.Everything))).Outcome.ShouldBe(ResolveOutcome.Found);
        var asked = world.Registry.Heads;
        (await grain.Resolve(Query(allowed))).Outcome.ShouldBe(ResolveOutcome.Found);
        world.Registry.Heads.ShouldBe(asked);
        var denied = await grain.Resolve(Query(other));

        denied.Outcome.ShouldBe(ResolveOutcome.Denied);
        denied.Message.ShouldContain("not in the request's allow list (other.test)");
        denied.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Resolve_SameCredentialFromTwoCallers_SharesTheAnswer()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("anna", "right");
        var grain = host.Reference(Key);
        await grain.Resolve(Query(GrainWorld.Own("anna", "right")));
        var asked = world.Registry.Heads;

        await grain.Resolve(Query(GrainWorld.Own("anna", "right")));

        world.Registry.Heads.ShouldBe(asked);
    }

    [Fact]
    public async Task Resolve_MaxAgeZero_SeesWhatChangedAMomentAgo()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var grain = host.Reference(Key);
        var now = Query(RegistryAccessMessage.Nothing) with { MaxAge = TimeSpan.Zero };
        (await grain.Resolve(now)).Outcome.ShouldBe(ResolveOutcome.NotFound);

        world.Registry.Put("app:1", 'c');

        (await grain.Resolve(Query(RegistryAccessMessage.Nothing))).Outcome.ShouldBe(ResolveOutcome.NotFound);
        (await grain.Resolve(now)).Digest.ShouldBe(TestRegistry.DigestOf('c'));
    }

    [Fact]
    public async Task Resolve_MoreCredentialsThanAreKept_AllAnsweredRight()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("anna", "p77");
        var grain = host.Reference(Key);

        for (var index = 0; index < 200; index++)
        {
            (await grain.Resolve(Query(GrainWorld.Own("anna", $"p{index}")))).Outcome
                .ShouldBe(index == 77 ? ResolveOutcome.Found : ResolveOutcome.Denied);
        }
    }

    [Fact]
    public async Task Resolve_ManyCredentialsThatOpenNothing_DoNotDriveOutOneThatDoes()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("anna", "right");
        var grain = host.Reference(Key);
        await grain.Resolve(Query(GrainWorld.Own("anna", "right")));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(index => grain.Resolve(Query(GrainWorld.Own("anna", $"wrong {index}")))));
        var asked = world.Registry.Heads;

        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Outcome.ShouldBe(ResolveOutcome.Found);

        world.Registry.Heads.ShouldBe(asked);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, ResolveOutcome.Denied)]
    [InlineData(HttpStatusCode.Forbidden, ResolveOutcome.Denied)]
    [InlineData(HttpStatusCode.NotFound, ResolveOutcome.NotFound)]
    [InlineData(HttpStatusCode.TooManyRequests, ResolveOutcome.RateLimited)]
    [InlineData(HttpStatusCode.InternalServerError, ResolveOutcome.Failed)]
    [InlineData(HttpStatusCode.ServiceUnavailable, ResolveOutcome.Failed)]
    [InlineData(HttpStatusCode.Conflict, ResolveOutcome.Unusable)]
    public async Task Resolve_RegistryRefuses_OutcomeSaysHow(HttpStatusCode status, ResolveOutcome outcome)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Fail(status);

        var answer = await host.Reference(Key).Resolve(Query(RegistryAccessMessage.Nothing));

        answer.Outcome.ShouldBe(outcome);
        answer.Digest.ShouldBeEmpty();
        answer.Message.ShouldContain(TestRegistry.Host);
    }

    [Fact]
    public async Task Resolve_RegistryIsUnreachable_Failed()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.OnManifest = (_, _) => throw new HttpRequestException("Connection refused");

        (await host.Reference(Key).Resolve(Query(RegistryAccessMessage.Nothing))).Outcome.ShouldBe(ResolveOutcome.Failed);
    }

    [Fact]
    public async Task Resolve_PatientAndRegistryRecoversFromTooManyRequests_WaitsAndFinds()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var refusals = 1;
        world.Registry.OnManifest = (_, _) =>
        {
            var refused = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            refused.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.Zero);
            return Task.FromResult(Interlocked.Decrement(ref refusals) >= 0 ? refused : null);
        };

        (await host.Reference(Key).Resolve(Query(RegistryAccessMessage.Nothing) with { Patient = true })).Outcome.ShouldBe(ResolveOutcome.Found);
    }

    [Fact]
    public async Task Resolve_DeniedTwice_EachIsToldOfItsOwnAllowList()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Login = ("anna", "right");
        var grain = host.Reference(Key);

        var first = await grain.Resolve(Query(RegistryAccessMessage.Nothing with { AllowedHosts = ["secret-project.test"] }));
        var second = await grain.Resolve(Query(RegistryAccessMessage.Nothing with { AllowedHosts = ["other.test"] }));

        first.Message.ShouldContain("secret-project.test");
        second.Message.ShouldContain("other.test");
        second.Message.ShouldNotContain("secret-project.test");
    }

    [Fact]
    public async Task Resolve_RegistrySaysBackWhatItWasSent_TheSecretIsNotShown()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.OnManifest = (request, _) => Task.FromResult<HttpResponseMessage?>(new HttpResponseMessage(HttpStatusCode.Gone)
        {
            Content = new StringContent(
                $$"""{"errors":[{"code":"ODD","message":"anna s3cr3t-pass {{Convert.ToBase64String("anna:s3cr3t-pass"u8)}} eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"}]}"""),
        });
        world.Registry.Login = null;

        var answer = await host.Reference(Key).Resolve(Query(GrainWorld.Own("anna", "s3cr3t-pass")));

        answer.Outcome.ShouldBe(ResolveOutcome.Unusable);
        answer.Message.ShouldContain("ODD");
        answer.Message.ShouldNotContain("s3cr3t-pass");
        answer.Message.ShouldNotContain(Convert.ToBase64String("anna:s3cr3t-pass"u8));
        answer.Message.ShouldNotContain("eyJ");
    }

    [Fact]
    public async Task Resolve_RegistryTakesLong_SaysToWaitAndGoesOnWhereItWas()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Registry.OnManifest = async (_, _) =>
        {
            await answer.Task;
            return null;
        };
        var query = Query(RegistryAccessMessage.Nothing) with { MaxAge = TimeSpan.Zero };
        var grain = host.Reference(Key);

        var waiting = await grain.Resolve(query);

        waiting.Outcome.ShouldBe(ResolveOutcome.Waiting);
        waiting.Ticket!.Waited.ShouldBeGreaterThan(LongPoll.Wait - TimeSpan.FromSeconds(1));
        var again = grain.Resolve(query with { Ticket = waiting.Ticket });
        answer.SetResult();
        while ((await again).Outcome == ResolveOutcome.Waiting)
        {
            // It was told to wait before this machine came to give the answer.
            again = grain.Resolve(query with { Ticket = (await again).Ticket });
        }

        (await again).Digest.ShouldBe(TestRegistry.DigestOf('a'));
        (await grain.Resolve(query with { Ticket = waiting.Ticket })).Outcome.ShouldBe(ResolveOutcome.Found);
        world.Registry.Heads.ShouldBe(1);
        (await grain.Resolve(query with { Ticket = waiting.Ticket with { Activation = Guid.NewGuid() } })).Outcome.ShouldBe(ResolveOutcome.Found);
        world.Registry.Heads.ShouldBe(2);
    }

    [Fact]
    public async Task Precache_PrivateImage_FreshForTheIntervalForTheInstallationsCredentialAlone()
    {
        await using var world = new GrainWorld();
        world.Credentials.Add(new InstallationCredentials(RegistryCredential.Basic("service", "secret")));
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        world.Registry.Login = ("service", "secret");
        var grain = host.Reference(Key);

        (await grain.Precache(TimeSpan.FromHours(6))).Outcome.ShouldBe(ResolveOutcome.Found);

        var asked = world.Registry.Heads;
        world.Clock.Advance(TimeSpan.FromHours(2));
        (await grain.Resolve(Query(RegistryAccessMessage.Everything))).Outcome.ShouldBe(ResolveOutcome.Found);
        world.Registry.Heads.ShouldBe(asked);
        (await grain.Resolve(Query(RegistryAccessMessage.Nothing))).Outcome.ShouldBe(ResolveOutcome.Denied);
        (await grain.Resolve(Query(GrainWorld.Own("anna", "wrong")))).Outcome.ShouldBe(ResolveOutcome.Denied);
    }

    [Fact]
    public async Task Precache_PublicImage_FreshForTheIntervalForCallersWithoutCredential()
    {
        await using var world = new GrainWorld();
        world.Credentials.Add(new InstallationCredentials(RegistryCredential.Basic("service", "secret")));
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var grain = host.Reference(Key);
        await grain.Precache(TimeSpan.FromHours(6));
        world.Registry.Put("app:1", 'b');
        world.Clock.Advance(TimeSpan.FromHours(2));

        (await grain.Resolve(Query(RegistryAccessMessage.Nothing))).Digest.ShouldBe(TestRegistry.DigestOf('a'));
        (await grain.Resolve(Query(RegistryAccessMessage.Everything))).Digest.ShouldBe(TestRegistry.DigestOf('a'));
        (await grain.Resolve(Query(GrainWorld.Own("anna", "right")))).Digest.ShouldBe(TestRegistry.DigestOf('b'));
        (await grain.Resolve(Query(RegistryAccessMessage.Nothing) with { MaxAge = TimeSpan.Zero })).Digest.ShouldBe(TestRegistry.DigestOf('b'));
    }

    [Fact]
    public async Task Precache_AgainWithinHalfTheInterval_AsksNothing()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var grain = host.Reference(Key);
        await grain.Precache(TimeSpan.FromHours(6));

        await grain.Precache(TimeSpan.FromHours(6));
        world.Registry.Heads.ShouldBe(1);
        world.Clock.Advance(TimeSpan.FromHours(4));
        await grain.Precache(TimeSpan.FromHours(6));

        world.Registry.Heads.ShouldBe(2);
    }

    [Fact]
    public async Task Resolve_DigestOfAnotherPlatform_KeysDiffer()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Registry.Put("app:1");
        var arm = ReferenceKey.Of(ImageReference.Parse($"{TestRegistry.Host}/app:1"), Platform.Parse("linux/arm64"));

        arm.ShouldNotBe(Key);
        (await host.Reference(arm).Resolve(Query(RegistryAccessMessage.Nothing))).Outcome.ShouldBe(ResolveOutcome.Found);
    }

    private static ResolveQuery Query(RegistryAccessMessage access) => new(access, MaxAge: TimeSpan.FromSeconds(60), Patient: false);

    private sealed class InstallationCredentials(RegistryCredential credential) : ICredentialSource
    {
        public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) => ValueTask.FromResult<RegistryCredential?>(credential);

        public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyCollection<string>>([TestRegistry.Host]);
    }
}

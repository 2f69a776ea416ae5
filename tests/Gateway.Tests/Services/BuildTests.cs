using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.ContentService;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Testing;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;
using OldStatus = ImageBuilder.Contracts.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services;

public sealed class BuildTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Build_NoSource_InvalidArgument(bool isEmpty)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = isEmpty ? new BuildSource() : null }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.InvalidArgument, "build source is missing"));
    }

    [Fact]
    public async Task Build_ThousandCallsForOneImageAThirdOfThemForced_AllAreToldTogether()
    {
        // Its clock stands still: who is told by this one move, and not by a wait that runs out, is told while no time passes.
        await using var gateway = await GatewayHost.StartAsync(new ManualTimeProvider());
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);

        var calls = Enumerable.Range(0, 1_000)
            .Select(index => gateway.BuildAsync(new BuildRequest { Source = source, ForceRebuild = index % 3 == 0 }))
            .ToList();
        using var over = new CancellationTokenSource(GatewayHost.Patience);
        while (gateway.Grains.Orders.Count < calls.Count)
        {
            over.Token.ThrowIfCancellationRequested();
            await Task.Delay(10, over.Token);
        }

        build.Move(GrainStatus.Succeeded);
        var ends = await Task.WhenAll(calls);

        ends.Length.ShouldBe(1_000);
        ends.ShouldAllBe(messages => messages.Last().Status == OldStatus.DoneSuccess && messages.Last().Ref == workspaceRef);
        ends.ShouldAllBe(messages => messages.Last().Info.BuildId == build.Id.ToString());
    }

    [Fact]
    public async Task Build_ImageExists_OneMessageAndNoBuild()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Put(workspaceRef);

        var messages = await gateway.BuildAsync(new BuildRequest { Source = source });

        messages.ShouldHaveSingleItem().ShouldBe(new BuildResponse { Ref = workspaceRef, BaseRef = baseRef, Status = OldStatus.DoneSuccess });
        gateway.Grains.Orders.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("imagebuilder-priority", "urgent", "must be \"interactive\" or \"background\"")]
    [InlineData("imagebuilder-priority", "Background", "must be \"interactive\" or \"background\"")]
    [InlineData("imagebuilder-deadline", "0.5", "must be a number of seconds, 1 or more")]
    [InlineData("imagebuilder-deadline", "-5", "must be a number of seconds, 1 or more")]
    [InlineData("imagebuilder-deadline", "1h", "must be a number of seconds, 1 or more")]
    [InlineData("imagebuilder-deadline", "99999999999999999999", "must be a number of seconds, 1 or more")]
    public async Task Build_WrongHeader_InvalidArgument(string header, string value, string allowed)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = GatewayHost.File() }, new Metadata { { header, value } }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.InvalidArgument, $"header {header}: {allowed}"));
    }

    [Fact]
    public async Task Build_PriorityAndDeadlineInHeaders_AreOrdered()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        await gateway.BuildAsync(
            new BuildRequest { Source = source }, new Metadata { { "imagebuilder-priority", "background" }, { "imagebuilder-deadline", "90.5" } });
        await gateway.BuildAsync(new BuildRequest { Source = source, ForceRebuild = true });

        gateway.Grains.Orders.Select(order => (order.Priority, order.Deadline)).ShouldBe(
            [(BuildPriority.Background, TimeSpan.FromSeconds(90.5)), (BuildPriority.Interactive, null)]);
    }

    [Fact]
    public async Task Build_Succeeds_RefsFirstNoLogInfoEndsAfterDone()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);
        using var call = gateway.Client.Build(new BuildRequest { Source = source, TriggeredBy = "anna", SupervisorRef = "supervisor" });
        var messages = new List<BuildResponse>();

        foreach (var next in new[] { GrainStatus.Launching, GrainStatus.Running, GrainStatus.Verifying, GrainStatus.Succeeded })
        {
            (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience)).ShouldBeTrue();
            messages.Add(call.ResponseStream.Current.Clone());
            build.Move(next);
        }

        (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience)).ShouldBeTrue();
        messages.Add(call.ResponseStream.Current.Clone());
        (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience)).ShouldBeFalse();

        messages.ShouldAllBe(message => message.Ref == workspaceRef && message.BaseRef == baseRef && message.Info.LogInfo == null);
        messages.Select(message => message.Status).ShouldBe(
            [OldStatus.Running, OldStatus.Running, OldStatus.Running, OldStatus.Running, OldStatus.DoneSuccess]);
        messages.ShouldAllBe(message => message.Message.Length == 0);
        messages[0].Info.ShouldBe(new BuildInfo
        {
            BuildId = build.Id.ToString(), Ref = workspaceRef, BaseRef = baseRef, Status = OldStatus.Running, StartedAt = 1_700_000_000,
        });
        messages[^1].Info.Status.ShouldBe(OldStatus.DoneSuccess);
        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        (order.Owner, order.SupervisorRef, order.Force, order.BuildBase).ShouldBe(("anna", "supervisor", false, true));
    }

    [Theory]
    [InlineData(FailureReason.BuildStepFailed, "build failed: RUN false")]
    [InlineData(FailureReason.ContextUnavailable, "build failed: no such branch")]
    [InlineData(FailureReason.BaseImageDenied, "build failed: not yours")]
    [InlineData(FailureReason.Internal, "cannot check if workspace image exists after the build: timeout")]
    [InlineData(FailureReason.Internal, "image build did not produce a workspace image")]
    [InlineData(FailureReason.BuilderLost, "the builder was lost")]
    public async Task Build_Fails_StreamEndsWithOkAfterDoneFailure(FailureReason reason, string message)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Fail(reason, message);

        var messages = await gateway.BuildAsync(new BuildRequest { Source = source });

        var last = messages.ShouldHaveSingleItem();
        (last.Ref, last.BaseRef, last.Status, last.Message).ShouldBe((workspaceRef, baseRef, OldStatus.DoneFailure, message));
    }

    [Theory]
    [InlineData(GrainStatus.Cancelled, FailureReason.Cancelled)]
    [InlineData(GrainStatus.TimedOut, FailureReason.Timeout)]
    public async Task Build_EndedBySomethingElse_DoneFailure(GrainStatus status, FailureReason reason)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(status, new BuildFailureMessage(reason, "ended", []));

        (await gateway.BuildAsync(new BuildRequest { Source = source })).ShouldHaveSingleItem().Status.ShouldBe(OldStatus.DoneFailure);
    }

    [Fact]
    public async Task Build_PlaceOfBuildsIsUnavailable_Unavailable()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Fail(FailureReason.LauncherUnavailable, "no room");

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = source }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.Unavailable, "workspace services are currently unavailable"));
    }

    [Fact]
    public async Task Build_StartFails_Internal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.BeforeCall = method => method == "Build" ? throw new InvalidOperationException("disk full") : Task.CompletedTask;

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = GatewayHost.File() }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.Internal, "cannot start build: disk full"));
    }

    [Fact]
    public async Task Build_BuildWasNotStored_Internal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (_, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Latest[workspaceRef] = Guid.NewGuid();

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = source }));

        status.StatusCode.ShouldBe(StatusCode.Internal);
        status.Detail.ShouldStartWith("cannot start build: ");
    }

    [Fact]
    public async Task Build_ExistenceCannotBeTold_Internal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        gateway.Grains.Answer(GatewayHost.NamesOf(source).WorkspaceRef, ResolveOutcome.Failed, "timeout");

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = source }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.Internal, "cannot check if image is already built: timeout"));
    }

    [Theory]
    [InlineData(ResolveOutcome.NotFound, StatusCode.NotFound)]
    [InlineData(ResolveOutcome.Denied, StatusCode.Unauthenticated)]
    public async Task Build_BaseImageOfRefSourceCannotBeResolved_ItsStatus(ResolveOutcome outcome, StatusCode code)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Answer("docker.io/library/nothing:1", outcome);

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(new BuildRequest { Source = GatewayHost.Ref("nothing:1") }));

        (status.StatusCode, status.Detail).ShouldBe((code, "cannot resolve image"));
    }

    [Fact]
    public async Task Build_RefSource_NothingToBuildForTheBase()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Put("docker.io/library/debian:12");
        var baseRef = $"docker.io/library/debian@{FakeGrains.Digest}";
        var workspaceRef = GatewayHost.Repositories.WorkspaceReference(baseRef);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        var messages = await gateway.BuildAsync(new BuildRequest { Source = GatewayHost.Ref("debian:12") });

        messages[0].BaseRef.ShouldBe(baseRef);
        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        order.BuildBase.ShouldBeFalse();
        order.Context.ShouldBeNull();
    }

    [Fact]
    public async Task Build_BaseImageExistsAlready_IsNotBuiltAgain()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Put(baseRef);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        await gateway.BuildAsync(new BuildRequest { Source = source });

        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        order.BuildBase.ShouldBeFalse();
        order.Context.ShouldNotBeNull();
    }

    [Fact]
    public async Task Build_ForceRebuild_AsksForNothingAndBuildsAll()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Put(workspaceRef);
        gateway.Grains.Put(baseRef);
        gateway.Grains.Put("known.test/a:1");
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        await gateway.BuildAsync(new BuildRequest { Source = source, ForceRebuild = true, BaseImageNameResolved = "known.test/a:1" });

        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        (order.Force, order.BuildBase).ShouldBe((true, true));
        gateway.Grains.Queries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Build_KnownBaseWithItsImage_OneMessageWithThatName()
    {
        await using var gateway = await GatewayHost.StartAsync();
        const string Known = "base.test/base@" + FakeGrains.Digest;
        var workspaceRef = GatewayHost.Repositories.WorkspaceReference(Known);
        gateway.Grains.Put(workspaceRef);

        var messages = await gateway.BuildAsync(new BuildRequest { Source = GatewayHost.File(), BaseImageNameResolved = Known });

        messages.ShouldHaveSingleItem().ShouldBe(new BuildResponse { Ref = workspaceRef, BaseRef = Known, Status = OldStatus.DoneSuccess });
        gateway.Grains.Orders.ShouldBeEmpty();
    }

    [Fact]
    public async Task Build_KnownBaseResolves_BecomesTheSource()
    {
        await using var gateway = await GatewayHost.StartAsync();
        const string Known = "base.test/base@" + FakeGrains.Digest;
        var workspaceRef = GatewayHost.Repositories.WorkspaceReference(Known);
        gateway.Grains.Put(Known);
        gateway.Grains.Expect(workspaceRef, Known).Move(GrainStatus.Succeeded);

        await gateway.BuildAsync(new BuildRequest { Source = GatewayHost.File(), BaseImageNameResolved = Known });

        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        (order.WorkspaceRef, order.BaseRef, order.BuildBase).ShouldBe((workspaceRef, Known, false));
        order.Context.ShouldBeNull();
    }

    [Theory]
    [InlineData("base.test/base:gone")]
    [InlineData("Not A Reference")]
    public async Task Build_KnownBaseDoesNotResolve_GoesOnWithTheSource(string known)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        var messages = await gateway.BuildAsync(new BuildRequest { Source = source, BaseImageNameResolved = known });

        messages[^1].Ref.ShouldBe(workspaceRef);
        gateway.Grains.Orders.ShouldHaveSingleItem().Context.ShouldNotBeNull();
    }

    [Fact]
    public async Task Build_KnownBaseAndSelectiveAccess_GainsTheBaseRepository()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        await gateway.BuildAsync(new BuildRequest
        {
            Source = source,
            BaseImageNameResolved = "base.test/base:gone",
            Auth = new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AllowWorkspacerep = true } },
        });

        gateway.Grains.Queries.ShouldAllBe(asked => asked.Query.Access.AllowedHosts.Contains("base.test"));
        gateway.Grains.Orders.ShouldHaveSingleItem().Access.AllowedHosts.ShouldBe(["workspace.test", "base.test"]);
    }

    [Fact]
    public async Task Build_ManyClientsOfOneImage_AllFollowTheSameBuild()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);

        var streams = Enumerable.Range(0, 20).Select(index => gateway.BuildAsync(new BuildRequest { Source = source, ForceRebuild = index % 2 == 0 })).ToArray();
        await UntilAsync(() => gateway.Grains.Orders.Count == 20 && build.Watchers == 1);
        build.Move(GrainStatus.Running);
        build.Move(GrainStatus.Succeeded);

        var all = await Task.WhenAll(streams);
        all.SelectMany(messages => messages).ShouldAllBe(message => message.Info.BuildId == build.Id.ToString());
        all.ShouldAllBe(messages => messages.Last().Status == OldStatus.DoneSuccess);
        all.ShouldAllBe(messages => messages.Count(message => message.Status == OldStatus.DoneSuccess) == 1);
    }

    [Fact]
    public async Task Build_ClientGoesAway_BuildGoesOn()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);
        using (var call = gateway.Client.Build(new BuildRequest { Source = source }))
        {
            (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
            await UntilAsync(() => build.Watchers == 1);
        }

        await UntilAsync(() => build.Watchers == 0);

        build.IsCancelled.ShouldBeFalse();
        build.Move(GrainStatus.Succeeded);
        (await gateway.BuildAsync(new BuildRequest { Source = source }))[^1].Status.ShouldBe(OldStatus.DoneSuccess);
    }

    [Fact]
    public async Task Build_SiloIsLostNowAndThen_StreamGoesOnWithoutGapOrRepeat()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);
        var calls = 0;
        gateway.Grains.BeforeCall = method => method is "Watch" or "Build" && Interlocked.Increment(ref calls) % 2 == 1
            ? throw new TimeoutException("no answer")
            : Task.CompletedTask;
        using var call = gateway.Client.Build(new BuildRequest { Source = source });
        var statuses = new List<OldStatus>();

        foreach (var next in new[] { GrainStatus.Launching, GrainStatus.Running, GrainStatus.Succeeded })
        {
            (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience)).ShouldBeTrue();
            statuses.Add(call.ResponseStream.Current.Status);
            build.Move(next);
        }

        (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience)).ShouldBeTrue();
        call.ResponseStream.Current.Status.ShouldBe(OldStatus.DoneSuccess);
        (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience)).ShouldBeFalse();
        statuses.ShouldAllBe(status => status == OldStatus.Running);
        gateway.Grains.Orders.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("triggered_by")]
    [InlineData("supervisor_ref")]
    [InlineData("base_image_name_resolved")]
    public async Task Build_TooLongAValue_InvalidArgument(string which)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var huge = new string('x', 1 << 20);
        var request = new BuildRequest { Source = GatewayHost.File() };
        switch (which)
        {
            case "triggered_by":
                request.TriggeredBy = huge;
                break;
            case "supervisor_ref":
                request.SupervisorRef = huge;
                break;
            default:
                request.BaseImageNameResolved = huge;
                break;
        }

        var status = await GatewayHost.FailureOf(() => gateway.BuildAsync(request));

        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        status.Detail.ShouldContain(which);
        gateway.Grains.Orders.ShouldBeEmpty();
    }

    [Fact]
    public async Task Build_GitSource_OrderHasItAllAndItsSecretsApart()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File(change: file =>
        {
            file.ContextPath = "sub";
            file.Source.Git.TargetMode = CloneTargetMode.RemoteBranch;
            file.Source.Git.CheckoutLocation = "repo";
            file.Source.Git.FullClone = true;
            file.Source.Git.Config = new GitConfig
            {
                Authentication = GitAuthMethod.BasicAuthOts, AuthUser = "anna", AuthPassword = "hunter2", AuthOts = "https://once.test/1",
            };
        });
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);

        await gateway.BuildAsync(new BuildRequest { Source = source });

        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        order.Context.ShouldBe(new BuildContextMessage(
            "https://git.test/a.git",
            ImageBuilder.Builds.GitTarget.RemoteBranch,
            "main",
            "repo",
            FullClone: true,
            ImageBuilder.Builds.GitAuthentication.BasicOneTimeSecret,
            "anna",
            "Dockerfile",
            "sub"));
        (order.GitPassword, order.GitOneTimeSecretUrl).ShouldBe(("hunter2", "https://once.test/1"));
        order.ToString().ShouldNotContain("hunter2");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var over = new CancellationTokenSource(GatewayHost.Patience);
        while (!condition())
        {
            over.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

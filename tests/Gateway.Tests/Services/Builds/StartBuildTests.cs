using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

public sealed class StartBuildTests
{
    private static readonly Extras s_extras = new()
    {
        BuildArgs = { ["VERSION"] = "3\t\"x\"\n", ["EMPTY"] = "" },
        Labels = { ["org.example.one"] = "x=y" },
        TargetStage = "wanted",
        Platform = "linux/arm64",
    };

    [Fact]
    public async Task StartBuild_NewImage_OrdersAllThatTheRequestSays()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File(change: file => file.Source.Git.Config = new() { AuthPassword = "secret" });
        var (baseRef, workspaceRef) = NamesOf(source, s_extras);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);

        var answer = await gateway.Builds.StartBuildAsync(new StartBuildRequest
        {
            Source = source,
            Auth = new BuildRegistryAuth { Total = new BuildRegistryAuthTotal { AllowAll = true } },
            Owner = "anna",
            Priority = Priority.Background,
            Deadline = Duration.FromTimeSpan(TimeSpan.FromSeconds(90.5)),
            NoCache = true,
            Extras = s_extras,
        });

        (answer.Outcome, answer.WorkspaceRef, answer.BaseRef).ShouldBe((StartOutcome.Started, workspaceRef, baseRef));
        (answer.Build.BuildId, answer.Build.Status).ShouldBe((build.Id.ToString(), BuildStatus.Queued));
        var order = gateway.Grains.Orders.ShouldHaveSingleItem();
        (order.Owner, order.Priority, order.Deadline, order.Force, order.NoCache).ShouldBe(("anna", BuildPriority.Background, TimeSpan.FromSeconds(90.5), false, true));
        (order.BuildBase, order.Access.AllowAll, order.GitPassword).ShouldBe((true, true, "secret"));
        order.Context.ShouldBe(new BuildContextMessage("https://git.test/a.git", GitTarget.RemoteHead, "main", "", false, GitAuthentication.None, "", "Dockerfile", ""));
        order.Extras!.Arguments.OrderBy(entry => entry.Key).ShouldBe(s_extras.BuildArgs.OrderBy(entry => entry.Key));
        order.Extras.Labels.ShouldBe(s_extras.Labels);
        (order.Extras.Stage, order.Extras.Platform).ShouldBe(("wanted", "linux/arm64"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StartBuild_NoExtras_IsTheImageOfTheOldCall(bool isEmpty)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Expect(workspaceRef, baseRef).Move(GrainStatus.Succeeded);
        await gateway.BuildAsync(new BuildRequest { Source = source, TriggeredBy = "anna" });

        var answer = await gateway.Builds.StartBuildAsync(new StartBuildRequest { Source = source, Owner = "anna", Extras = isEmpty ? new Extras() : null });

        (answer.Outcome, answer.WorkspaceRef, answer.Build.Status).ShouldBe((StartOutcome.Joined, workspaceRef, BuildStatus.Succeeded));
        var orders = gateway.Grains.Orders.ToList();
        orders.Count.ShouldBe(2);
        orders[1].Extras.ShouldBeNull();
        (orders[1] with { Access = orders[0].Access }).ShouldBe(orders[0]);
    }

    [Theory]
    [InlineData(GrainStatus.Succeeded, true)]
    [InlineData(GrainStatus.Failed, false)]
    [InlineData(GrainStatus.Running, false)]
    public async Task StartBuild_ImageExists_ToldWithTheBuildThatMadeIt(GrainStatus last, bool isTold)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Put(workspaceRef);
        var build = gateway.Grains.Expect(workspaceRef, baseRef);
        build.Move(last);

        var answer = await gateway.Builds.StartBuildAsync(new StartBuildRequest { Source = source });

        (answer.Outcome, answer.WorkspaceRef, answer.BaseRef).ShouldBe((StartOutcome.AlreadyBuilt, workspaceRef, baseRef));
        answer.Build?.BuildId.ShouldBe(build.Id.ToString());
        (answer.Build is not null).ShouldBe(isTold);
        gateway.Grains.Orders.ShouldBeEmpty();
    }

    [Fact]
    public async Task StartBuild_ImageExistsAndItsBuildCannotBeRead_ToldWithoutIt()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        gateway.Grains.Put(workspaceRef);
        gateway.Grains.Expect(workspaceRef, baseRef);
        gateway.Grains.BeforeCall = call => call == nameof(IBuildGrain.Watch) ? throw new UnreadableStateException("/data/state/build/1.json: the file is empty", null) : Task.CompletedTask;

        var answer = await gateway.Builds.StartBuildAsync(new StartBuildRequest { Source = source });

        (answer.Outcome, answer.Build).ShouldBe((StartOutcome.AlreadyBuilt, null));
    }

    [Fact]
    public async Task StartBuild_ForcedImage_IsBuiltThoughItExists()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.Ref("docker.io/library/debian:12");
        gateway.Grains.Put("docker.io/library/debian:12");
        var baseRef = $"docker.io/library/debian@{FakeGrains.Digest}";
        var workspaceRef = GatewayHost.Repositories.WorkspaceReference(baseRef);
        gateway.Grains.Put(workspaceRef);
        gateway.Grains.Expect(workspaceRef, baseRef);

        var answer = await gateway.Builds.StartBuildAsync(new StartBuildRequest { Source = source, Force = true });

        (answer.Outcome, answer.BaseRef).ShouldBe((StartOutcome.Started, baseRef));
        gateway.Grains.Orders.ShouldHaveSingleItem().Force.ShouldBeTrue();
        gateway.Grains.Queries.ShouldAllBe(asked => asked.Query.Patient);
    }

    [Fact]
    public async Task StartBuild_ImageDoesNotExist_NotFound()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(async () => await gateway.Builds.StartBuildAsync(new StartBuildRequest { Source = GatewayHost.Ref("docker.io/library/none") }));

        status.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task GetBuild_BuildWithExtras_HasThem()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect("workspace.test/workspace:1", "base");
        var extras = new BuildExtras { Arguments = s_extras.BuildArgs.ToImmutableDictionary(), Labels = s_extras.Labels.ToImmutableDictionary(), Stage = "wanted", Platform = "linux/arm64" };
        build.Change(snapshot => snapshot with { Extras = BuildExtrasMessage.Of(extras), NoCache = true });

        var answer = await gateway.Builds.GetBuildAsync(new GetBuildRequest { BuildId = build.Id.ToString() });

        answer.Extras.ShouldBe(s_extras);
        answer.NoCache.ShouldBeTrue();
    }

    private static (string BaseRef, string WorkspaceRef) NamesOf(BuildSource source, Extras extras)
    {
        var file = source.File;
        var baseRef = GatewayHost.Repositories.BaseReference(
            new(file.Source.Git.RemoteUri, file.Source.Git.CloneTaget, file.DockerfileVersion, file.DockerfilePath, file.ContextPath),
            new BuildExtras { Arguments = extras.BuildArgs.ToImmutableDictionary(), Labels = extras.Labels.ToImmutableDictionary(), Stage = extras.TargetStage, Platform = extras.Platform });
        return (baseRef, GatewayHost.Repositories.WorkspaceReference(baseRef));
    }
}

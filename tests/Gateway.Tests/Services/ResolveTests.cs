using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.ContentService;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Tests.Services;

public sealed class ResolveTests
{
    [Fact]
    public async Task ResolveBaseImage_ImageExists_NormalisedNameWithDigestAndNoTag()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Put("docker.io/library/debian:12");

        var response = await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12" });

        response.Ref.ShouldBe($"docker.io/library/debian@{FakeGrains.Digest}");
        var (_, query) = gateway.Grains.Queries.ShouldHaveSingleItem();
        query.MaxAge.ShouldBe(TimeSpan.FromSeconds(30));
        query.Patient.ShouldBeFalse();
    }

    [Fact]
    public async Task ResolveBaseImage_RetryClientWanted_AsksPatiently()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Put("docker.io/library/debian:12");

        await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12", UseRetryClient = true });

        gateway.Grains.Queries.ShouldHaveSingleItem().Query.Patient.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("Not A Reference")]
    [InlineData("a@sha256:short")]
    public async Task ResolveBaseImage_ReferenceDoesNotParse_InvalidArgument(string reference)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(async () => await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = reference }));

        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        status.Detail.ShouldStartWith("cannt resolve base image ref: ");
    }

    [Fact]
    public async Task ResolveBaseImage_HugeReference_InvalidArgument()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(
            async () => await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = new string('a', 1 << 20) }));

        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        status.Detail.Length.ShouldBeLessThan(1_000);
    }

    [Theory]
    [InlineData(ResolveOutcome.NotFound, StatusCode.NotFound, "cannot resolve image")]
    [InlineData(ResolveOutcome.Denied, StatusCode.Unauthenticated, "cannot resolve image")]
    [InlineData(ResolveOutcome.RateLimited, StatusCode.Unavailable, "upstream registry responds with 'too many request': slow down")]
    [InlineData(ResolveOutcome.Failed, StatusCode.Internal, "cannot resolve image: slow down")]
    public async Task ResolveBaseImage_RegistryRefuses_StatusOfTheContract(ResolveOutcome outcome, StatusCode code, string message)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Answer("docker.io/library/debian:12", outcome, "slow down");

        var status = await GatewayHost.FailureOf(async () => await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12" }));

        (status.StatusCode, status.Detail).ShouldBe((code, message));
    }

    [Theory]
    [InlineData(true, BuildStatus.DoneSuccess)]
    [InlineData(false, BuildStatus.Unknown)]
    public async Task ResolveWorkspaceImage_FileSource_NamesAndPresence(bool isThere, BuildStatus status)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        var (baseRef, workspaceRef) = GatewayHost.NamesOf(source);
        if (isThere)
        {
            gateway.Grains.Put(workspaceRef);
        }

        var response = await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = source });

        response.ShouldBe(new ResolveWorkspaceImageResponse { Ref = workspaceRef, BaseRef = baseRef, Status = status });
        var (asked, query) = gateway.Grains.Queries.ShouldHaveSingleItem();
        asked.ShouldBe(workspaceRef);
        query.MaxAge.ShouldBe(TimeSpan.Zero);
        query.Patient.ShouldBeFalse();
    }

    [Fact]
    public async Task ResolveWorkspaceImage_RefSource_NamedByTheDigest()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Put("docker.io/library/debian:12");

        var response = await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = GatewayHost.Ref("debian:12") });

        response.BaseRef.ShouldBe($"docker.io/library/debian@{FakeGrains.Digest}");
        response.Ref.ShouldBe(GatewayHost.Repositories.WorkspaceReference(response.BaseRef));
        response.Status.ShouldBe(BuildStatus.Unknown);
    }

    [Theory]
    [InlineData(ResolveOutcome.NotFound, StatusCode.NotFound, "cannot resolve image")]
    [InlineData(ResolveOutcome.Denied, StatusCode.Unauthenticated, "cannot resolve image")]
    [InlineData(ResolveOutcome.RateLimited, StatusCode.Unavailable, "upstream registry responds with 'too many request': it went wrong")]
    public async Task ResolveWorkspaceImage_BaseCannotBeResolved_ItsOwnStatus(ResolveOutcome outcome, StatusCode code, string message)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Answer("docker.io/library/debian:12", outcome);

        var status = await GatewayHost.FailureOf(
            async () => await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = GatewayHost.Ref("debian:12") }));

        (status.StatusCode, status.Detail).ShouldBe((code, message));
    }

    [Fact]
    public async Task ResolveWorkspaceImage_SourceIsNotGit_Internal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File(change: file => file.Source = new WorkspaceInitializer { Empty = new EmptyInitializer() });

        var status = await GatewayHost.FailureOf(
            async () => await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = source }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.Internal, "cannot resolve base image: unsupported context initializer"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ResolveWorkspaceImage_NoSource_Internal(bool isEmpty)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(async () => await gateway.Client.ResolveWorkspaceImageAsync(
            new ResolveWorkspaceImageRequest { Source = isEmpty ? new BuildSource() : null }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.Internal, "cannot resolve base image: invalid base image"));
    }

    [Fact]
    public async Task ResolveWorkspaceImage_PresenceCannotBeTold_Internal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var source = GatewayHost.File();
        gateway.Grains.Answer(GatewayHost.NamesOf(source).WorkspaceRef, ResolveOutcome.Denied, "no entry");

        var status = await GatewayHost.FailureOf(
            async () => await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = source }));

        status.StatusCode.ShouldBe(StatusCode.Internal);
        status.Detail.ShouldEndWith(": no entry");
    }

    [Theory]
    [InlineData("remote")]
    [InlineData("version")]
    [InlineData("path")]
    [InlineData("password")]
    public async Task ResolveWorkspaceImage_TooLongAValue_InvalidArgument(string which)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var huge = new string('x', 1 << 20);
        var source = GatewayHost.File(change: file =>
        {
            switch (which)
            {
                case "remote":
                    file.Source.Git.RemoteUri = huge;
                    break;
                case "version":
                    file.DockerfileVersion = huge;
                    break;
                case "path":
                    file.ContextPath = huge;
                    break;
                default:
                    file.Source.Git.Config = new GitConfig { AuthPassword = huge };
                    break;
            }
        });

        var status = await GatewayHost.FailureOf(
            async () => await gateway.Client.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = source }));

        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task ResolveBaseImage_LookingItUpFails_Internal()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.BeforeCall = _ => throw new InvalidOperationException("odd");

        var status = await GatewayHost.FailureOf(async () => await gateway.Client.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = "debian:12" }));

        status.StatusCode.ShouldBe(StatusCode.Internal);
        status.Detail.ShouldStartWith("cannot resolve image: ");
    }
}

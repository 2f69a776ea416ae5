using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Builds;

[Collection(SharedService.Name)]
public sealed class ResolveTests(RunningService service)
{
    [ServiceFact]
    public async Task ResolveBaseImage_Tag_GivesTheDigest()
    {
        var image = await PushedImage.PullAsync(service.Surroundings.Registry, service.Surroundings.BaseImage);

        var resolved = await service.Client.Rpc.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = service.Surroundings.BaseImage, Auth = BuildRequests.AllCredentials });

        resolved.Ref.ShouldBe($"{service.Surroundings.Registry.Host}/{BaseImage.Repository}@{image!.Digest}");
    }

    [ServiceFact]
    public async Task ResolveBaseImage_NoSuchImage_IsNotFound()
    {
        var refused = await ResolveAsync($"{service.Surroundings.Registry.Host}/local/nothing:1", BuildRequests.AllCredentials);

        refused.StatusCode.ShouldBe(StatusCode.NotFound);
        refused.Status.Detail.ShouldBe("cannot resolve image");
    }

    [ServiceFact]
    public async Task ResolveBaseImage_WithoutPermission_IsUnauthenticated()
    {
        var refused = await ResolveAsync(service.Surroundings.BaseImage, auth: null);

        refused.StatusCode.ShouldBe(StatusCode.Unauthenticated);
        refused.Status.Detail.ShouldBe("cannot resolve image");
    }

    [ServiceFact]
    public async Task ResolveBaseImage_NotAReference_IsAnInvalidArgument()
    {
        var refused = await ResolveAsync("Not A Reference", BuildRequests.AllCredentials);

        refused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refused.Status.Detail.ShouldStartWith("cannt resolve base image ref: ");
    }

    [ServiceFact]
    public async Task ResolveWorkspaceImage_BeforeAndAfterTheBuild_TellsWhetherItIsThere()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\nRUN true\n");
        var question = new ResolveWorkspaceImageRequest { Source = request.Source, Auth = request.Auth };

        var before = await service.Client.Rpc.ResolveWorkspaceImageAsync(question);
        var (built, _) = await service.BuildAsync(request);
        var after = await service.Client.Rpc.ResolveWorkspaceImageAsync(question);

        before.Status.ShouldBe(BuildStatus.Unknown);
        before.Ref.ShouldBe(built.Ref);
        before.BaseRef.ShouldBe(built.BaseRef);
        after.Status.ShouldBe(BuildStatus.DoneSuccess);
        after.Ref.ShouldBe(built.Ref);
    }

    private Task<RpcException> ResolveAsync(string reference, BuildRegistryAuth? auth) =>
        Should.ThrowAsync<RpcException>(async () => await service.Client.Rpc.ResolveBaseImageAsync(new ResolveBaseImageRequest { Ref = reference, Auth = auth }));
}

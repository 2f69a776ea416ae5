using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>What is resolved ahead of need.</summary>
[Collection(Crowds.Name)]
public sealed class RefCacheTests(ResolveWorld world) : IClassFixture<ResolveWorld>
{
    private static readonly TimeSpan HardlyFresh = TimeSpan.FromMilliseconds(1);

    [ServiceFact]
    public async Task ResolveBaseImage_ImageOfRefCache_IsKnownAheadToThoseWhoMayKnow()
    {
        var image = await world.PushIndexAsync("precached/index", "1");
        await using var service = await world.StartServiceAsync(HardlyFresh, image);
        using var crowd = new Crowd(service.Addresses);
        while (!Answered.Contains("GET 200"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), RunningService.Deadline);
        }

        var answers = await crowd.ResolveAsync(
            Enumerable.Repeat(new ResolveBaseImageRequest { Ref = image, Auth = BuildRequests.AllCredentials }, 100), RunningService.Deadline);

        answers.ShouldAllBe(answer => answer == $"{world.Watched.Host}/precached/index@{world.Digest}");
        Answered.ShouldBe(["HEAD 200", "GET 200"]);
        var refused = await Should.ThrowAsync<RpcException>(() => crowd.ResolveAsync(0, new ResolveBaseImageRequest { Ref = image }, RunningService.Deadline));
        refused.StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    private IEnumerable<string> Answered => world.Watched.RequestsFor("precached/index").Where(request => request.EndsWith("200", StringComparison.Ordinal));
}

using System.Collections.Immutable;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Tests;

public sealed class ImagesTests
{
    private const string Image = "registry.test/image:1";

    private readonly FakeGrains _grains = new(TimeProvider.System);
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Images _images;

    public ImagesTests()
    {
        var options = new GatewayOptions { Repositories = GatewayHost.Repositories, Freshness = TimeSpan.FromSeconds(30) };
        _images = new Images(_grains.Factory, new NamedImages(_grains.Factory, options), new GrainCalls(TimeProvider.System), options, TimeProvider.System);
        _grains.Put(Image);
        _grains.BeforeCall = _ => _answer.Task;
    }

    [Fact]
    public async Task ResolveAsync_ManyAskTheSameAtOnce_TheGrainIsCalledOnceForAll()
    {
        // Each with a message of its own, as requests are read.
        var answers = Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ResolveAsync(Access("registry.test", "secret"))));
        _answer.SetResult();

        (await answers).ShouldAllBe(answer => answer == $"registry.test/image@{FakeGrains.Digest}");
        _grains.Queries.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("registry.test", "other")]
    [InlineData("other.test", "secret")]
    public async Task ResolveAsync_AnotherAsksWithOtherRights_HasACallOfHisOwn(string host, string secret)
    {
        var answers = Task.WhenAll(ResolveAsync(Access("registry.test", "secret")), ResolveAsync(Access(host, secret)));
        _answer.SetResult();

        await answers;
        _grains.Queries.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ResolveAsync_AskedAgainAfterTheAnswer_CallsAgain()
    {
        _answer.SetResult();

        await ResolveAsync(RegistryAccessMessage.Everything);
        await ResolveAsync(RegistryAccessMessage.Everything);

        _grains.Queries.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ExistsAsync_ManyAskAtOnce_EachHasACallThatStartsAfterHisQuestion()
    {
        var answers = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _images.ExistsAsync(Image, RegistryAccessMessage.Everything, false, "cannot", default)));
        _answer.SetResult();

        (await answers).ShouldAllBe(exists => exists);
        _grains.Queries.Count.ShouldBe(3);
    }

    private static RegistryAccessMessage Access(string host, string secret) =>
        new(false, [host], ImmutableDictionary<string, string>.Empty.Add("registry.test", secret));

    private Task<string> ResolveAsync(RegistryAccessMessage access) => _images.ResolveAsync(Image, access, patient: false, CancellationToken.None);
}

using System.Diagnostics;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Cluster;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>How many requests reach the registry, however many clients ask the service.</summary>
[Collection(Crowds.Name)]
public sealed class CrowdTests(ResolveWorld world) : IClassFixture<ResolveWorld>
{
    private const int CrowdSize = 10_000;
    private const int References = 1_000;

    // A registry that takes longer than 15 s to answer is asked again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    [ServiceFact]
    public async Task ResolveBaseImage_TenThousandAtOnceOfAColdImage_AskWithOneHead()
    {
        await using var service = await world.StartServiceAsync(TimeSpan.FromMinutes(10));
        var image = await world.PushImageAsync("cold/image", "1");

        var answers = await ResolveWhileRegistryWaitsAsync(service, image);

        answers.ShouldBe(Enumerable.Repeat($"{world.Watched.Host}/cold/image@{world.Digest}", CrowdSize));
        world.Watched.RequestsFor("cold/image").ShouldBe(["HEAD 200"]);
    }

    [ServiceFact]
    public async Task ResolveBaseImage_TenThousandAtOnceOfAColdIndex_AskWithOneHeadAndOneGet()
    {
        await using var service = await world.StartServiceAsync(TimeSpan.FromMinutes(10));
        var index = await world.PushIndexAsync("cold/index", "1");

        var answers = await ResolveWhileRegistryWaitsAsync(service, index);

        answers.ShouldBe(Enumerable.Repeat($"{world.Watched.Host}/cold/index@{world.Digest}", CrowdSize));
        world.Watched.RequestsFor("cold/index").ShouldBe(["HEAD 200", "GET 200"]);
    }

    [ServiceFact]
    public async Task ResolveBaseImage_ThousandReferencesOnceKnown_NeverAskWithGet()
    {
        // Never fresh: each resolve asks the registry.
        await using var service = await world.StartServiceAsync(TimeSpan.Zero);
        using var crowd = new Crowd(service.Addresses);
        string[] names = [await world.PushImageAsync("steady", "image"), await world.PushIndexAsync("steady", "index")];
        var questions = names.SelectMany(name => Enumerable.Range(0, References / 2).Select(i => Question($"{name}-{i}"))).ToList();
        await crowd.ResolveByTurnsAsync(questions, RunningService.Deadline);
        var asked = world.Watched.RequestsFor("steady").Count;

        var answers = await crowd.ResolveByTurnsAsync(questions, RunningService.Deadline);

        answers.Select(answer => answer.Split('@')[1]).ShouldBe(Enumerable.Repeat(world.Digest.ToString(), References));
        world.Watched.RequestsFor("steady").Skip(asked).ShouldBe(Enumerable.Repeat("HEAD 200", References));
    }

    [ServiceFact]
    public async Task ResolveBaseImage_CallersWithCredentialsOfTheirOwn_GetWhatTheRegistrySaysToEach()
    {
        const int callersEach = 2;
        await using var service = await world.StartServiceAsync(TimeSpan.FromMinutes(10));
        using var crowd = new Crowd(service.Addresses);
        var image = await world.PushImageAsync("private/image", "1");
        var credentials = Enumerable.Range(0, 49).Select(i => $"{world.Registry.User}:wrong {i}").Append($"{world.Registry.User}:{world.Registry.Password}").ToList();
        var questions = Enumerable.Repeat(credentials, callersEach).SelectMany(all => all).Select(credential => new ResolveBaseImageRequest
        {
            Ref = image,
            Auth = new BuildRegistryAuth { Additional = { [world.Watched.Host] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(credential)) } },
        }).ToList();

        // The digest is known before any of them asks.
        await crowd.ResolveAsync(0, Question(image), RunningService.Deadline);
        var outcomes = await Task.WhenAll(questions.Select((question, caller) => OutcomeAsync(crowd, caller, question)));

        outcomes.Count(outcome => outcome == StatusCode.Unauthenticated).ShouldBe(49 * callersEach);
        outcomes.Count(outcome => outcome == StatusCode.OK).ShouldBe(callersEach);
        var requests = world.Watched.RequestsFor("private/image");
        requests.Count(request => request == "HEAD 200").ShouldBe(1);
        requests.Count(request => request == "HEAD 401").ShouldBe(49);
        requests.Count.ShouldBe(50);
    }

    private static ResolveBaseImageRequest Question(string image) => new() { Ref = image, Auth = BuildRequests.AllCredentials };

    private static async Task<StatusCode> OutcomeAsync(Crowd crowd, int caller, ResolveBaseImageRequest question)
    {
        try
        {
            await crowd.ResolveAsync(caller, question, RunningService.Deadline);
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }

    /// <summary>The registry answers when all of the crowd are in the service and wait; where that takes long, who comes later finds the answer there.</summary>
    private async Task<string[]> ResolveWhileRegistryWaitsAsync(TestedService service, string image)
    {
        using var crowd = new Crowd(service.Addresses);
        world.Watched.KeepAnswersBack();
        try
        {
            var answers = crowd.ResolveAsync(Enumerable.Repeat(Question(image), CrowdSize), RunningService.Deadline);
            await UntilStartedAsync(service, CrowdSize);
            world.Watched.LetAnswer();
            return await answers;
        }
        finally
        {
            world.Watched.LetAnswer();
        }
    }

    private static async Task UntilStartedAsync(TestedService service, int calls)
    {
        var began = Stopwatch.GetTimestamp();
        using var client = new HttpClient();
        double started = 0;
        while (started < calls && Stopwatch.GetElapsedTime(began) < LongestWait)
        {
            var metrics = await Task.WhenAll(service.Metrics.Select(address => client.GetStringAsync(new Uri(address), RunningService.Deadline)));
            started = metrics.Sum(text => MetricsText.Sum(text, "grpc_server_started_total", "grpc_method=\"ResolveBaseImage\""));
            await Task.Delay(TimeSpan.FromMilliseconds(20), RunningService.Deadline);
        }
    }
}

using System.Diagnostics;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Service;
using Xunit.Abstractions;

namespace ImageBuilder.Integration.Tests.Builds;

/// <summary>The same image, asked for by very many at once.</summary>
[Collection(SharedService.Name)]
public sealed class DuplicateTests(RunningService service, ITestOutputHelper output)
{
    private const int Calls = 1_000;
    private const int CallsPerConnection = 50;

    // The machine may let nobody run for a while between the first who is told and the last, but not each time.
    private const int Rounds = 3;

    [ServiceFact]
    public async Task Build_ThousandAtOnceAThirdOfThemForced_OneEngineRunAndAllAreToldTogether()
    {
        var clients = Enumerable.Range(0, Calls / CallsPerConnection).Select(_ => new ServiceClient(service.Service.Address)).ToList();
        try
        {
            var areToldTogether = false;
            for (var round = 0; round < Rounds && !areToldTogether; round++)
            {
                areToldTogether = await BuildAsync(clients);
            }

            areToldTogether.ShouldBeTrue();
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Whether all are told the end within a second, or, where that takes longer, in less time than it takes to answer them when they come.</summary>
    private async Task<bool> BuildAsync(List<ServiceClient> clients)
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait}\n");
        var forced = request.Clone();
        forced.ForceRebuild = true;
        using var answered = new CountdownEvent(Calls);
        var began = Stopwatch.GetTimestamp();
        var calls = Enumerable.Range(0, Calls)
            .Select(index => FollowAsync(clients[index / CallsPerConnection], index % 3 == 0 ? forced : request, answered))
            .ToList();
        var allAnswered = Task.Run(() => answered.Wait(TimeSpan.FromMinutes(1)));
        await Task.WhenAny(allAnswered, Task.WhenAll(calls));
        var gathered = Stopwatch.GetElapsedTime(began);
        door.Open();
        var ends = await Task.WhenAll(calls);

        var spread = ends.Max(end => end.At) - ends.Min(end => end.At);
        output.WriteLine($"{Calls} calls joined within {gathered.TotalSeconds:F2} s and were told the end within {spread.TotalSeconds:F3} s; engine runs: {door.Visits}");
        ends.ShouldAllBe(end => end.Last.Status == BuildStatus.DoneSuccess);
        ends.Select(end => end.Last.Ref).Distinct().Count().ShouldBe(1);
        ends.Select(end => end.Last.Info?.BuildId).Distinct().Count().ShouldBe(1);
        door.Visits.ShouldBe(1);
        return spread < TimeSpan.FromSeconds(1) || spread < gathered;
    }

    private static async Task<(BuildResponse Last, TimeSpan At)> FollowAsync(ServiceClient client, BuildRequest request, CountdownEvent answered)
    {
        using var call = client.Rpc.Build(request, cancellationToken: RunningService.Deadline);
        BuildResponse? last = null;
        await foreach (var response in call.ResponseStream.ReadAllAsync(RunningService.Deadline))
        {
            if (last is null)
            {
                answered.Signal();
            }

            last = response;
        }

        return (last.ShouldNotBeNull(), Stopwatch.GetElapsedTime(0));
    }
}

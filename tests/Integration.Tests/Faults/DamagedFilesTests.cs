using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Grains;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Logs;

namespace ImageBuilder.Integration.Tests.Faults;

/// <summary>A service that finds damaged files when it starts: it starts, says which, keeps them, and goes on with all else.</summary>
public sealed class DamagedFilesTests
{
    private const long Length = 3 << 20;

    [ProcessFact]
    public async Task Start_StatesOfABuildAShardTheQueueAndAnImage_OthersGoOnAndNothingIsLost()
    {
        await using var service = await ScriptedService.StartAsync();
        var ended = await service.OrderAsync(Length);
        service.Go(ended);
        await service.EndAsync(ended);
        var lost = await service.OrderAsync(Length);
        var running = await service.OrderAsync(Length);
        while (ShardOf(running) == ShardOf(lost))
        {
            // Of a build that is neither listed nor can be read, nothing is left but its log.
            service.Go(running);
            await service.EndAsync(running);
            running = await service.OrderAsync(Length);
        }

        await service.KillAsync();
        string[] damaged =
        [
            service.StateFile("build", lost.Key), service.StateFile("directory", $"{ShardOf(running):X}.json"), service.StateFile("queue", ""), ImageFile(service, ended),
        ];
        foreach (var file in damaged)
        {
            await File.WriteAllTextAsync(file, "{\"grain\":");
        }

        await service.StartAgainAsync();

        var told = await service.EndAsync(lost);
        (told.Status, told.Failure.Reason).ShouldBe((BuildStatus.Failed, FailureReason.Internal));
        told.Failure.Message.ShouldContain($"{lost.Key}.json.unreadable");
        var listed = (await service.Client.Builds.ListBuildsAsync(new ListBuildsRequest())).Builds.ToDictionary(build => build.BuildId, build => build.Status);
        (listed[running.Id], listed[lost.Id], listed[ended.Id]).ShouldBe((BuildStatus.Running, BuildStatus.Failed, BuildStatus.Failed));
        service.Go(running);
        (await service.EndAsync(running)).Failure.Message.ShouldBe(ScriptedBuilder.Message);
        Hash(await service.ReadLogAsync(running)).ShouldBe(LogText.Hash(Length));

        // The image is one that nobody but its own clients asks for, so it is left for somebody to mend.
        var missing = await Should.ThrowAsync<RpcException>(() => service.ReadLogAsync(ended));
        (missing.StatusCode, missing.Status.Detail.Contains(damaged[3], StringComparison.Ordinal)).ShouldBe((StatusCode.DataLoss, true), missing.Message);
        var refused = await Should.ThrowAsync<RpcException>(() => service.Client.BuildAsync(ended.Order, Stream.Null, RunningService.Deadline));
        refused.Status.Detail.ShouldContain($"{damaged[3]}: the file is no JSON");
        (await service.Client.Builds.GetBuildAsync(new GetBuildRequest { BuildId = ended.Id })).Failure.Message.ShouldBe(ScriptedBuilder.Message);
        foreach (var file in damaged.SkipLast(1).Select(file => file + ".unreadable").Append(damaged[3]))
        {
            (await File.ReadAllTextAsync(file)).ShouldBe("{\"grain\":");
            service.Log.ShouldContain(file.Replace(".unreadable", "", StringComparison.Ordinal));
        }

        (await service.ReadMetricsAsync()).ShouldContain("imagebuilder_unreadable_states_total{state=\"directory\"} 1");
    }

    [ProcessFact]
    public async Task Start_LogSegmentsTruncatedAndMissing_SaysWhatIsGoneAndGivesTheRest()
    {
        await using var service = await ScriptedService.StartAsync();
        var build = await service.OrderAsync(Length);
        service.Go(build);
        await service.EndAsync(build);
        await service.KillAsync();
        var segments = Directory.GetFiles(Path.Combine(service.Data, "logs", build.Key[..2], build.Key), "*.log").Order().ToList();
        segments.Count.ShouldBe(3);
        await using (var first = File.OpenWrite(segments[0]))
        {
            first.SetLength(1000);
        }

        File.Delete(segments[1]);

        await service.StartAgainAsync();

        var expected = new byte[Length];
        LogText.Fill(0, expected);
        var gap = $"\n[{(2 << 20) - 1000} bytes of log are no longer kept]\n";
        (await service.ReadLogAsync(build)).ShouldBe([.. expected[..1000], .. Encoding.UTF8.GetBytes(gap), .. expected[(2 << 20)..]]);
    }

    private static int ShardOf(StartedBuild build) => DirectoryShards.NumberOf(Guid.Parse(build.Id));

    private static string Hash(byte[] log) => Convert.ToHexStringLower(SHA256.HashData(log));

    private static string ImageFile(ScriptedService service, StartedBuild build) =>
        Directory.GetFiles(Path.Combine(service.Data, "state"), "*.json", SearchOption.AllDirectories)
            .Single(file => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file))) == "image"
                && File.ReadAllText(file).Contains(build.WorkspaceRef, StringComparison.Ordinal));
}

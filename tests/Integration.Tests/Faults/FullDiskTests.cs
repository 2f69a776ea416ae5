using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Logs;
using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Faults;

/// <summary>A service whose disk has no room left, or cannot be written to, for some time.</summary>
public sealed class FullDiskTests
{
    private const long Length = 1 << 20;

    [ProcessFact]
    public async Task Build_DiskIsFull_SaysSoAndWhatIsStoredLastsAndBuildsGoOnOnceThereIsRoom()
    {
        using var disk = new SmallDisk(32 << 20);
        await using var service = await ScriptedService.StartAsync(Path.Combine(disk.Folder, "data"));
        var (ended, log) = await EndOneAsync(service);
        var running = await service.OrderAsync(Length);
        var filler = Fill(disk);

        var refused = await Should.ThrowAsync<RpcException>(() => service.OrderAsync(Length));
        refused.Status.Detail.ShouldContain("No space left on device");
        service.Go(running);
        await service.LoggedAsync($"Build {running.Id} could not be carried on");
        (await service.ReadLogAsync(ended)).ShouldBe(log);
        (await service.Client.Builds.ListBuildsAsync(new ListBuildsRequest())).Builds.Count.ShouldBe(2);

        File.Delete(filler);
        var told = await service.EndAsync(running);
        (told.Status, told.Failure.Reason).ShouldBe((BuildStatus.Failed, FailureReason.OutOfDisk), told.Failure.Message);
        await service.MeasuredAsync("imagebuilder_builds_failed_total{reason=\"out_of_disk\"} 1");
        (await service.ReadMetricsAsync()).ShouldNotContain("imagebuilder_storage_faults_total 0");
        await GoesOnAsync(service, ended, log);
    }

    [ProcessFact]
    public async Task Build_DiskIsReadOnly_SaysSoAndWhatIsStoredLastsAndBuildsGoOnOnceItIsNot()
    {
        using var disk = new SmallDisk(32 << 20);
        await using var service = await ScriptedService.StartAsync(Path.Combine(disk.Folder, "data"));
        var (ended, log) = await EndOneAsync(service);
        var running = await service.OrderAsync(Length);

        disk.SetReadOnly(true);
        var refused = await Should.ThrowAsync<RpcException>(() => service.OrderAsync(Length));
        refused.Status.Detail.ShouldContain("Read-only file system");
        service.Go(running);
        await service.LoggedAsync($"Build {running.Id} could not be carried on");
        (await service.ReadLogAsync(ended)).ShouldBe(log);
        (await service.Client.Builds.ListBuildsAsync(new ListBuildsRequest())).Builds.Select(build => build.BuildId).ShouldBe([running.Id, ended.Id]);

        disk.SetReadOnly(false);
        var told = await service.EndAsync(running);
        (told.Status, told.Failure.Reason).ShouldBe((BuildStatus.Failed, FailureReason.OutOfDisk), told.Failure.Message);
        var next = await GoesOnAsync(service, ended, log);
        (await service.Client.Builds.ListBuildsAsync(new ListBuildsRequest())).Builds.Select(build => build.BuildId).ShouldBe([next.Id, running.Id, ended.Id]);
    }

    [ProcessFact]
    public async Task Start_DiskIsReadOnly_SaysSoInOneLineAndChangesNothing()
    {
        using var disk = new SmallDisk(32 << 20);
        await using var service = await ScriptedService.StartAsync(Path.Combine(disk.Folder, "data"));
        var (build, log) = await EndOneAsync(service);
        await service.KillAsync();
        var before = service.Log;

        disk.SetReadOnly(true);
        var refused = await Should.ThrowAsync<InvalidOperationException>(service.StartAgainAsync);
        var said = service.Log[before.Length..].TrimEnd();
        disk.SetReadOnly(false);
        await service.StartAgainAsync();

        refused.Message.ShouldStartWith("the service ended with code 2:");
        said.ShouldStartWith("imagebuilder-silo: dataFolder: ");
        said.ShouldContain("Read-only file system");
        said.ShouldNotContain("\n");
        (await service.ReadLogAsync(build)).ShouldBe(log);
    }

    private static async Task<(StartedBuild Ended, byte[] Log)> EndOneAsync(ScriptedService service)
    {
        var ended = await service.OrderAsync(Length);
        service.Go(ended);
        await service.EndAsync(ended);
        return (ended, await service.ReadLogAsync(ended));
    }

    // A build like any other, and what is stored, also when the service starts again.
    private static async Task<StartedBuild> GoesOnAsync(ScriptedService service, StartedBuild ended, byte[] log)
    {
        var next = await service.OrderAsync(Length);
        service.Go(next);
        (await service.EndAsync(next)).Failure.Message.ShouldBe(ScriptedBuilder.Message);
        await service.KillAsync();
        await service.StartAgainAsync();
        (await service.ReadLogAsync(ended)).ShouldBe(log);
        (await service.ReadLogAsync(next)).Length.ShouldBe((int)Length);
        return next;
    }

    private static string Fill(SmallDisk disk)
    {
        var filler = Path.Combine(disk.Folder, "filler");
        using var file = File.OpenHandle(filler, FileMode.CreateNew, FileAccess.Write);
        var block = new byte[4096];
        for (var offset = 0L; ; offset += block.Length)
        {
            try
            {
                RandomAccess.Write(file, block, offset);
            }
            catch (IOException)
            {
                return filler;
            }
        }
    }
}

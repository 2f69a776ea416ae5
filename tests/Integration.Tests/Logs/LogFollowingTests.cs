using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Logs;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Logs;

/// <summary>The short version of tests/logs.sh: every byte of a log reaches those who follow it and those who come later; the figures are the script's.</summary>
public sealed class LogFollowingTests : IDisposable
{
    private const long Length = 16 << 20;
    private const long Rate = 8 << 20;
    private const long SlowRate = 64 << 10;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("imagebuilder-logs-");

    [ProcessFact]
    public async Task Logs_BuildWritesMuchAndSomeReadSlowly_EveryByteArrivesAndIsThereLater()
    {
        await using var registry = await RegistryServer.StartAsync(Path.Combine(_data.FullName, "registry"));
        var builder = new ScriptedBuilder(Path.Combine(_data.FullName, "builder"));
        var options = await builder.InstallAsync(
            new ServiceOptions { DataFolder = Path.Combine(_data.FullName, "service"), RegistryHost = registry.Host, AuthFile = registry.AuthFile },
            logLimit: 4 * Length);
        var order = ScriptedBuilder.Order(Length, Rate);
        string workspaceRef;
        await using (var service = await ServiceProcess.StartAsync(options))
        {
            workspaceRef = await FollowAsync(service.Address, builder, order);
        }

        await using var restarted = await ServiceProcess.StartAsync(options);
        using var late = new LogFollower();
        var replayed = await late.FollowAsync(restarted.Address, workspaceRef, rate: 0, RunningService.Deadline);
        (replayed.Length, replayed.Hash, replayed.Ended).ShouldBe((Length, LogText.Hash(Length), true));
    }

    /// <inheritdoc />
    public void Dispose() => _data.Delete(recursive: true);

    private static async Task<string> FollowAsync(string address, ScriptedBuilder builder, Contracts.BuildRequest order)
    {
        using var client = new ServiceClient(address);
        using var build = client.Rpc.Build(order, cancellationToken: RunningService.Deadline);
        await build.ResponseStream.MoveNext(RunningService.Deadline);
        var workspaceRef = build.ResponseStream.Current.Ref;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(RunningService.Deadline);
        var followers = Enumerable.Range(0, 7).Select(_ => new LogFollower()).ToList();
        var following = followers.Select((follower, index) => follower.FollowAsync(address, workspaceRef, index < 4 ? 0 : SlowRate, over.Token)).ToList();
        await Task.WhenAll(followers.Select(follower => follower.Begun)).WaitAsync(RunningService.Deadline);

        builder.Go(order);
        var fast = await Task.WhenAll(following.Take(4));
        await over.CancelAsync();
        var slow = await Task.WhenAll(following.Skip(4));
        followers.ForEach(follower => follower.Dispose());

        fast.ShouldAllBe(log => log.Ended && log.Length == Length && log.Hash == LogText.Hash(Length));
        slow.ShouldAllBe(log => !log.Ended && log.Length < Length && log.Hash == LogText.Hash(log.Length));
        return workspaceRef;
    }
}

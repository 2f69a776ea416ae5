using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

public sealed class BuildKitDaemonTests
{
    [NeedsBuildKitFact]
    public async Task Start_ItDoesNotAnswerYet_AClientWaitsForIt()
    {
        using var parent = new TemporaryFolder();
        string socket;
        await using (var daemon = await StartAsync(parent))
        {
            socket = daemon.Socket;
            (await Command.CheckAsync("buildctl", ["--addr", daemon.Address, "debug", "workers"])).ShouldContain("PLATFORMS");
            await daemon.Answering;
        }

        File.Exists(socket).ShouldBeFalse();
    }

    [NeedsBuildKitFact]
    public async Task Answering_ItsStorageIsNoFolder_SaysWhyItEnded()
    {
        using var parent = new TemporaryFolder();
        parent.Write("0/state", "a file");
        await using var daemon = await StartAsync(parent);

        var failure = await Should.ThrowAsync<BobException>(() => daemon.Answering);

        failure.Message.ShouldStartWith("build failed: buildkitd ended: ");
        failure.Message.ShouldContain("not a directory");
    }

    private static async Task<BuildKitDaemon> StartAsync(TemporaryFolder parent) => await BuildKitDaemon.StartAsync(
        await BuildKitRoot.TakeAsync(parent.Path, CancellationToken.None), new BuildKitDaemonSettings { CacheLimit = 1 << 30 }, TimeProvider.System, CancellationToken.None);
}

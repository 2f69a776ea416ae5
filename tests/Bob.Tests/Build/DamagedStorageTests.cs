using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>Builds that meet what an engine leaves in the storage that is killed while it unpacks a layer.</summary>
public sealed class DamagedStorageTests : StagedTests
{
    private const string BeginsAgain = "which begins again";

    private string LayersFile => Path.Combine(Stage.Storage, "graph/overlay-layers/layers.json");

    private string ImagesFile => Path.Combine(Stage.Storage, "graph/overlay-images/images.json");

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_LayerBelowAStepOfTheCacheIsHalfWritten_MakesTheStepAnew()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nRUN echo made > /made\n";
        using var first = await PrepareAsync(dockerfile);
        (await first.RunAsync()).ShouldBe(0, first.Log);
        MarkRoot();
        using var second = await PrepareAsync($"{dockerfile}RUN cat /made\n");

        (await second.RunAsync()).ShouldBe(0, second.Log);

        second.Log.ShouldContain(BeginsAgain);
        using var third = await PrepareAsync($"{dockerfile}RUN cat /made\n");
        (await third.RunAsync()).ShouldBe(0, third.Log);
        third.Log.ShouldNotContain(BeginsAgain);
        third.Log.ShouldContain("Using cache");
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_ImageOfTheCacheStandsOnALayerThatWasFetchedAgain_IsNotPushed()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nRUN echo made > /made\n";
        using var first = await PrepareAsync(dockerfile);
        (await first.RunAsync()).ShouldBe(0, first.Log);
        MarkRoot();
        await Command.RunAsync("buildah", ["--root", Path.Combine(Stage.Storage, "graph"), "--runroot", Path.Combine(Stage.Storage, "run"), "images"]);
        (await File.ReadAllTextAsync(LayersFile)).ShouldNotContain("incomplete");
        using var second = await PrepareAsync(dockerfile);

        (await second.RunAsync()).ShouldBe(0, second.Log);

        second.Log.ShouldContain(BeginsAgain);
        second.Log[second.Log.IndexOf(BeginsAgain, StringComparison.Ordinal)..].ShouldNotContain("Using cache");
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_LayerBelowItsStepIsHalfWritten_BeginsAgain()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN --mount=type=bind,target=/context echo started; while ! test -e /context/go; do :; done\n");
        using var process = attempt.Start();
        var log = await ReadUntilAsync(process.StandardOutput, "started");
        MarkRoot();
        await File.WriteAllTextAsync(Path.Combine(attempt.Workspace, "go"), string.Empty);

        log += await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(0, log);
        log.ShouldContain(BeginsAgain);
        (await Stage.HasAsync(attempt.Target)).ShouldBeTrue();
    }

    /// <summary>What the first try made counts to the limit of the second, which takes it from the cache.</summary>
    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_TakesTooMuchDiskInTwoTries_IsEnded()
    {
        using var attempt = await PrepareAsync(
            $"""
            FROM {Stage.BaseImage} AS made
            RUN dd if=/dev/zero of=/large bs=1M count=100
            FROM scratch AS root
            COPY Dockerfile /
            FROM {Stage.BaseImage}
            COPY --from=made /bin/sh /made
            COPY --from=root /Dockerfile /
            RUN --mount=type=cache,target=/kept echo started; while ! test -e /kept/go; do :; done; mkdir /kept/first && exit 1; dd if=/dev/zero of=/large bs=1M count=380; sleep 60; rm /large
            """);
        attempt.Variables["BOB_DISK_LIMIT"] = $"{400 << 20}";
        using var process = attempt.Start();
        var log = await ReadUntilAsync(process.StandardOutput, "started");
        MarkRoot();
        var cache = Directory.EnumerateDirectories(Path.Combine(Stage.Storage, "builds")).SelectMany(build => Directory.EnumerateDirectories(Path.Combine(build, "tmp/buildah-cache"))).Single();
        await File.WriteAllTextAsync(Path.Combine(cache, "go"), string.Empty);

        log += await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(1, log);
        log.ShouldContain(BeginsAgain);
        attempt.Reason.ShouldBe("OutOfDisk", log);
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_StepFailsOnAStorageThatIsWhole_IsNotTriedAgain()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo 'Error: layer not known'; exit 3\n");

        (await attempt.RunAsync()).ShouldBe(1, attempt.Log);

        attempt.Message.ShouldContain("exit status 3");
        attempt.Log.ShouldNotContain(BeginsAgain);
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_LayersOfImagesThatWereNeverFinishedArePastTheLimit_RemovesThemAlone()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nRUN echo kept > /kept\n";
        using var kept = await PrepareAsync(dockerfile);
        (await kept.RunAsync()).ShouldBe(0, kept.Log);
        var images = await File.ReadAllTextAsync(ImagesFile);
        using var lost = await PrepareAsync($"FROM {Stage.BaseImage}\n{string.Concat(Enumerable.Range(1, 4).Select(step => $"RUN head -c 3000000 /dev/zero > /{step}\n"))}");
        (await lost.RunAsync()).ShouldBe(0, lost.Log);

        // As if the engine had been killed before it listed the images of these layers.
        await File.WriteAllTextAsync(ImagesFile, images);
        using var next = await PrepareAsync(dockerfile);
        next.Variables["BOB_CACHE_LIMIT"] = "7000000";

        (await next.RunAsync()).ShouldBe(0, next.Log);

        next.Log.ShouldContain("Using cache");
        using var layers = JsonDocument.Parse(await File.ReadAllTextAsync(LayersFile));
        layers.RootElement.GetArrayLength().ShouldBe(2);
        Directory.EnumerateDirectories(Path.Combine(Stage.Storage, "graph/overlay")).Count(folder => Path.GetFileName(folder) != "l").ShouldBe(2);
        (await File.ReadAllTextAsync(ImagesFile)).ShouldBe(images);
    }

    // As the engine marks a layer before it unpacks it: of those that stand on none the newest, which is the base's where there is no other.
    private void MarkRoot()
    {
        var layers = JsonNode.Parse(File.ReadAllText(LayersFile))!.AsArray();
        layers.Last(layer => layer!["parent"] is null && layer["diff-digest"] is not null)!["flags"] = new JsonObject { ["incomplete"] = true };
        File.WriteAllText(LayersFile + ".new", layers.ToJsonString());
        File.Move(LayersFile + ".new", LayersFile, overwrite: true);
    }

    private static async Task<string> ReadUntilAsync(StreamReader reader, string line)
    {
        var log = string.Empty;
        while (await reader.ReadLineAsync() is { } read)
        {
            log += read + "\n";
            if (read == line)
            {
                break;
            }
        }

        return log;
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed partial class BobBuildTests : StagedTests
{
    private const int Terminate = 15;

    // How many seconds steps sleep, by which they are told from those of tests that run beside.
    private readonly int _nap = Random.Shared.Next(100_000, 1_000_000);

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_ManyInstructions_AllOfThemAreInTheTarget()
    {
        using var attempt = await PrepareAsync(
            $"""
            ARG BASE={Stage.BaseImage}
            FROM $BASE AS maker
            ARG WHAT=cake
            RUN echo $WHAT | tr a-z A-Z > /made
            FROM $BASE
            ENV KEPT=yes
            WORKDIR /work
            COPY --from=maker --chown=7:8 /made made
            HEALTHCHECK --interval=7s CMD test -f made
            USER 7
            RUN test "$(cat made)" = CAKE && test "$(stat -c %u:%g made)" = 7:8
            """);

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        var config = (await Stage.ConfigAsync(attempt.Target)).GetProperty("config");
        config.GetProperty("Env").EnumerateArray().Select(variable => variable.GetString()).ShouldContain("KEPT=yes");
        config.GetProperty("WorkingDir").GetString().ShouldBe("/work");
        config.GetProperty("User").GetString().ShouldBe("7");
        config.GetProperty("Healthcheck").GetProperty("Interval").GetInt64().ShouldBe(7_000_000_000);
        (await Stage.HasAsync(attempt.Base)).ShouldBeTrue();
        attempt.Log.ShouldContain("RUN echo $WHAT");
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_BaseExists_DoesNotWaitForTheEngine()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\n");
        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        // As by a builder that removes what is past the limit: no engine gets ready meanwhile.
        await using var held = new FileStream(Path.Combine(Stage.Storage, "use.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        (await attempt.RunAsync().WaitAsync(TimeSpan.FromMinutes(2))).ShouldBe(0, attempt.Log);
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_SecondTime_TakesEveryStepFromTheCache()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nCOPY . /src\nRUN date +%N > /made\n";
        using var first = await PrepareAsync(dockerfile);
        (await first.RunAsync()).ShouldBe(0, first.Log);
        var before = Stage.Registry.ReadAccessLog().Count;
        using var second = await PrepareAsync(dockerfile);
        (await second.RunAsync()).ShouldBe(0, second.Log);

        second.Log.ShouldContain("Using cache");
        // Its target is the image of the first one, and its proxy saw the manifest when the engine pushed it.
        Stage.Registry.ReadAccessLog().Skip(before).ShouldNotContain(
            asked => asked.Contains("/v2/workspace/blobs/", StringComparison.Ordinal) || asked.StartsWith("GET /v2/base/manifests/", StringComparison.Ordinal));
        (await Stage.ConfigAsync(second.Target)).GetProperty("rootfs").ToString().ShouldBe((await Stage.ConfigAsync(first.Target)).GetProperty("rootfs").ToString());
    }

    /// <summary>Whatever it fills: a layer, over several steps, or a cache mount.</summary>
    [NeedsProgramsTheory("buildah", "runc", "docker-registry", "skopeo")]
    [InlineData("RUN dd if=/dev/zero of=/large bs=1M count=2000 && sleep 60")]
    [InlineData("RUN dd if=/dev/zero of=/a bs=1M count=150\nRUN dd if=/dev/zero of=/b bs=1M count=150 && sleep 60")]
    [InlineData("RUN --mount=type=cache,target=/cache dd if=/dev/zero of=/cache/large bs=1M count=2000 && sleep 60")]
    public async Task Build_FillsTheDisk_IsEndedAndSaysWhy(string steps)
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\n{steps}\n");
        attempt.Variables["BOB_DISK_LIMIT"] = $"{200 << 20}";

        (await attempt.RunAsync()).ShouldBe(1, attempt.Log);

        attempt.Reason.ShouldBe("OutOfDisk");
        attempt.Message.ShouldBe("build failed: it takes up more disk than a build may, 200 MiB");
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_FileBehindABindMountChanges_IsSeen()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nRUN --mount=type=bind,target=/context echo seen $(cat /context/word)\n";
        foreach (var word in new[] { "one", "two" })
        {
            using var attempt = await PrepareAsync(dockerfile, ("word", word));
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
            attempt.Log.ShouldContain($"seen {word}");
        }
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_StepLooksForCredentials_FindsNone()
    {
        // Written so that the step's own text does not hold what it looks for.
        var (secret, auth) = (Stage.Registry.Password, Stage.Registry.Auth);
        using var attempt = await PrepareAsync(
            $$"""
            FROM {{Stage.BaseImage}}
            COPY hunt.sh /hunt.sh
            RUN sh /hunt.sh {{secret[..12]}} {{secret[12..24]}} {{auth[..16]}} {{auth[16..32]}}
            """,
            ("hunt.sh", """
            found=no
            for half in "$1$2" "$3$4"; do
              env | grep -q "$half" && { echo "found in env"; found=yes; }
              for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/root/proc/[0-9]*/environ; do
                tr '\0' '\n' < $file 2>/dev/null | grep -q "$half" && { echo "found in $file"; found=yes; }
              done
              for folder in /run /var /etc /root /home /tmp /dev/shm; do
                grep -rsq "$half" $folder && { echo "found in $folder"; found=yes; }
              done
            done
            echo "processes seen: $(ls -d /proc/[0-9]* | wc -l)"
            test $found = no && echo "nothing found"
            """));

        var build = attempt.RunAsync();
        var seen = await ReadProcessesUntilAsync(build);
        (await build).ShouldBe(0, attempt.Log);

        attempt.Log.ShouldContain("nothing found");
        seen.ShouldNotContain(secret);
        seen.ShouldNotContain(auth);
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_FailingStep_TellsTheEnginesErrorAndPushesNothing()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo before && exit 3\n");

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Reason.ShouldBe("BuildStepFailed");
        attempt.Message.ShouldBe("build failed: building at STEP \"RUN echo before && exit 3\": while running runtime: exit status 3");
        attempt.Log.ShouldContain("before");
        (await Stage.HasAsync(attempt.Base)).ShouldBeFalse();
        (await Stage.HasAsync(attempt.Target)).ShouldBeFalse();
        (await File.ReadAllTextAsync(Path.Combine(attempt.Workspace, ".gitpod/bob.log"))).Trim().ShouldBe(attempt.Message);
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("docker-registry", "skopeo")]
    public async Task Build_NoDockerfile_SaysWhereItLooked()
    {
        using var attempt = await PrepareAsync("FROM scratch");

        (await attempt.RunAsync(dockerfile: "docker/none.Dockerfile")).ShouldBe(1);

        attempt.Reason.ShouldBe("DockerfileNotFound");
        attempt.Message.ShouldBe("could not find Dockerfile at \"docker/none.Dockerfile\". Please double-check the value specified in image.file in .gitpod.yml");
    }

    [NeedsProgramsFact("docker-registry", "skopeo")]
    public async Task Build_DockerfileIsALinkOutOfTheWorkspace_IsNotRead()
    {
        using var attempt = await PrepareAsync("FROM scratch");
        File.CreateSymbolicLink(Path.Combine(attempt.Workspace, "link"), "/etc/passwd");

        (await attempt.RunAsync(dockerfile: "link")).ShouldBe(1);

        attempt.Message.ShouldContain("leads out of the workspace");
    }

    [NeedsProgramsFact("buildah", "docker-registry", "skopeo")]
    public async Task Build_BaseImageDoesNotExist_SaysSo()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.Registry.Host}/no/such:1\nRUN true\n");

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Reason.ShouldBe("BaseImageNotFound");
        attempt.Message.ShouldContain($"{Stage.Registry.Host}/no/such:1");
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_PrivateBaseImageInTheStorage_IsDeniedToARequestWithoutItsCredentials()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nRUN true\n";
        using var owner = await PrepareAsync(dockerfile);
        (await owner.RunAsync()).ShouldBe(0, owner.Log);
        using var other = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = dockerfile }, requestHasCredentials: false);

        (await other.RunAsync()).ShouldBe(1);

        other.Reason.ShouldBe("BaseImageDenied");
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_ImageOfTheStorageById_CannotBeUsed()
    {
        using var owner = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo private > /private\n");
        (await owner.RunAsync()).ShouldBe(0, owner.Log);
        var id = (await Command.CheckAsync("buildah", [.. Storage(), "images", "--all", "--quiet", "--no-trunc"])).Split('\n')[0].Replace("sha256:", string.Empty, StringComparison.Ordinal);
        foreach (var dockerfile in new[] { $"FROM {id}\nRUN cat /private", $"FROM {Stage.BaseImage}\nCOPY --from={id} /private /\nRUN cat /private", $"FROM containers-storage:{id}\nRUN cat /private" })
        {
            using var other = await PrepareAsync(dockerfile);
            (await other.RunAsync()).ShouldBe(1, other.Log);
        }
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_LayersPastTheLimit_AreRemovedAfterTheBuild()
    {
        foreach (var step in new[] { "one", "two", "three" })
        {
            using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN head -c 3000000 /dev/zero > /{step}\nRUN echo {step}\n");
            attempt.Variables["BOB_CACHE_LIMIT"] = "7000000";
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
        }

        using var layers = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Stage.Storage, "graph/overlay-layers/layers.json")));
        layers.RootElement.EnumerateArray().Sum(layer => layer.GetProperty("diff-size").GetInt64()).ShouldBeInRange(1_000_000, 7_000_000);
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_Terminated_LeavesNothingRunning()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo started && sleep {_nap}\n");
        using var process = attempt.Start();
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != "started")
        {
            // The step's own line, not that of the step itself.
        }

        _ = SendSignal(process.Id, Terminate);
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(1);
        attempt.Reason.ShouldBe("Cancelled");
        (await Command.RunAsync("pgrep", ["-f", $"^sleep {_nap}$"])).Output.ShouldBeEmpty();
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_EarlierBuilderWasKilled_RemovesWhatItLeft()
    {
        using var killed = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo started && sleep {_nap}\n");
        using (var process = killed.Start())
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line && line != "started")
            {
                // As above.
            }

            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        Directory.EnumerateDirectories(Path.Combine(Stage.Storage, "builds")).ShouldNotBeEmpty();
        using var next = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");

        (await next.RunAsync()).ShouldBe(0, next.Log);

        (await Command.RunAsync("pgrep", ["-f", $"^sleep {_nap}$"])).Output.ShouldBeEmpty();
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_BobAloneIsKilled_ItsStepsEndWithIt()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN trap '' TERM; setsid sleep {_nap} & echo started; sleep {_nap}\n");
        using var process = attempt.Start();
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != "started")
        {
            // As above.
        }

        process.Kill();

        while ((await Command.RunAsync("pgrep", ["-f", $"sleep {_nap}$"])).Output.Length > 0)
        {
            // The kernel does it, without waiting for a next build; the test's time limit ends this if it does not.
        }

        (await File.ReadAllTextAsync("/proc/self/mounts")).ShouldNotContain(Stage.Storage);
        using var next = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");
        (await next.RunAsync()).ShouldBe(0, next.Log);
        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_EarlierBuilderWasKilledAtItsFirstStep_RemovesItsFolder()
    {
        Directory.CreateDirectory(Path.Combine(Stage.Storage, "builds", Guid.NewGuid().ToString("N")));
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_EngineWasKilledBeforeItNotedWhoseItsContainerIs_RemovesIt()
    {
        File.Delete(await MakeContainerAsync());
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_EngineOutlivedItsBuilderAndTheRemovalOfItsFolder_RemovesItsContainer()
    {
        var note = await MakeContainerAsync();
        var hooks = Path.Combine(Stage.Storage, "builds", Guid.NewGuid().ToString("N"), "hooks");
        var text = await File.ReadAllTextAsync(note);
        await File.WriteAllTextAsync(note, text.Replace("\"type\":", $"\"Hooks\":[\"{hooks}\"],\"type\":", StringComparison.Ordinal));
        (await File.ReadAllTextAsync(note)).ShouldContain(hooks);
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo")]
    public async Task Build_EngineWasKilledWhileItRemovedAContainer_RemovesItsFolder()
    {
        Directory.CreateDirectory(Path.Combine(Stage.Storage, "graph/overlay-containers", new string('4', 64), "userdata"));
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        await NothingIsLeftAsync();
    }

    [NeedsProgramsFact("docker-registry", "skopeo")]
    public async Task Build_BaseIsAnImage_CopiesItOnly()
    {
        var digest = await Stage.DigestAsync(Stage.BaseImage);
        var image = $"{Stage.BaseImage[..Stage.BaseImage.LastIndexOf(':')]}@{digest}";
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>(), baseImage: image);

        (await attempt.RunAsync(buildBase: false, baseReference: $"base@{digest}")).ShouldBe(0, attempt.Log);

        (await Stage.HasAsync(attempt.Target)).ShouldBeTrue();
        Directory.Exists(Stage.Storage).ShouldBeFalse();
    }

    [NeedsProgramsFact("docker-registry", "skopeo")]
    public async Task Build_TargetsRepositoryHasTheImage_GivesItTheTagAndAsksForNoBlob()
    {
        using var first = await Stage.PrepareAsync(new Dictionary<string, string>(), baseImage: Stage.BaseImage);
        (await first.RunAsync(buildBase: false)).ShouldBe(0, first.Log);
        using var second = await Stage.PrepareAsync(new Dictionary<string, string>(), baseImage: Stage.BaseImage);
        var before = Stage.Registry.ReadAccessLog().Count;

        (await second.RunAsync(buildBase: false)).ShouldBe(0, second.Log);

        var (tag, digest) = (second.Target[(second.Target.LastIndexOf(':') + 1)..], await Stage.DigestAsync(Stage.BaseImage));
        Stage.Registry.ReadAccessLog().Skip(before).Where(asked => asked.Contains("/workspace/", StringComparison.Ordinal)).ShouldBe(
            [$"HEAD /v2/workspace/manifests/{tag} 404", $"HEAD /v2/workspace/manifests/{digest} 200", $"PUT /v2/workspace/manifests/{tag} 201"]);
        (await Stage.DigestAsync(second.Target)).ShouldBe(digest);

        // Under the tag, too: nothing is stored. It is asked for before the build, and where it is there after it again.
        before = Stage.Registry.ReadAccessLog().Count;
        (await second.RunAsync(buildBase: false)).ShouldBe(0, second.Log);
        Stage.Registry.ReadAccessLog().Skip(before).Where(asked => asked.Contains("/workspace/", StringComparison.Ordinal)).ShouldBe(
            Enumerable.Repeat($"HEAD /v2/workspace/manifests/{tag} 200", 2));
    }

    [NeedsProgramsFact("docker-registry", "skopeo")]
    public async Task Build_BaseToCopyDoesNotExist_SaysSo()
    {
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>(), baseImage: $"{Stage.Registry.Host}/none:1");

        (await attempt.RunAsync(buildBase: false)).ShouldBe(1);

        attempt.Reason.ShouldBe("BaseImageNotFound");
    }

    private string[] Storage() => ["--root", Path.Combine(Stage.Storage, "graph"), "--runroot", Path.Combine(Stage.Storage, "run")];

    // Gives the file in which the engine noted what it is.
    private async Task<string> MakeContainerAsync()
    {
        var container = (await Command.CheckAsync("buildah", [.. Storage(), "from", "scratch"])).Trim();
        var id = await Command.CheckAsync("buildah", [.. Storage(), "inspect", "--format", "{{.ContainerID}}", container]);
        return Path.Combine(Stage.Storage, "graph/overlay-containers", id, "userdata/buildah.json");
    }

    private async Task NothingIsLeftAsync()
    {
        (await Command.CheckAsync("buildah", [.. Storage(), "containers", "--all", "--quiet"])).ShouldBeEmpty();
        Directory.EnumerateDirectories(Path.Combine(Stage.Storage, "graph/overlay-containers")).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(Stage.Storage, "builds")).ShouldBeEmpty();
        var names = await Command.CheckAsync("buildah", [.. Storage(), "images", "--noheading", "--format", "{{.Name}}"]);
        names.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(image => image == "<none>" || Stage.BaseImage.StartsWith(image, StringComparison.Ordinal));
    }

    // What any process of this machine could see of those that build: everything but the proxy's memory.
    private static async Task<string> ReadProcessesUntilAsync(Task build)
    {
        var seen = new HashSet<string>();
        do
        {
            foreach (var process in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
            {
                try
                {
                    var arguments = await File.ReadAllTextAsync(Path.Combine(process, "cmdline"));
                    if (arguments.Contains("buildah", StringComparison.Ordinal) || arguments.Contains("runc", StringComparison.Ordinal) || arguments.Contains("bob", StringComparison.Ordinal))
                    {
                        seen.Add(arguments + await File.ReadAllTextAsync(Path.Combine(process, "environ")));
                    }
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // It has ended.
                }
            }

            await Task.WhenAny(build, Task.Delay(10));
        }
        while (!build.IsCompleted);

        seen.ShouldNotBeEmpty();
        return string.Concat(seen);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

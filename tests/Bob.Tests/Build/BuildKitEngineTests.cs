using System.Diagnostics;
using System.Runtime.InteropServices;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed partial class BuildKitEngineTests() : StagedTests("buildkitd", "buildctl", "runc")
{
    private const int Terminate = 15;

    // How many seconds steps sleep, by which they are told from those of tests that run beside.
    private readonly int _nap = Random.Shared.Next(100_000, 1_000_000);

    [NeedsBuildKitFact]
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
            RUN <<END
            test "$(cat made)" = CAKE && test "$(stat -c %u:%g made)" = 7:8
            END
            """);

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        var config = (await Stage.ConfigAsync(attempt.Target)).GetProperty("config");
        config.GetProperty("Env").EnumerateArray().Select(variable => variable.GetString()).ShouldContain("KEPT=yes");
        config.GetProperty("WorkingDir").GetString().ShouldBe("/work");
        config.GetProperty("User").GetString().ShouldBe("7");
        config.GetProperty("Healthcheck").GetProperty("Interval").GetInt64().ShouldBe(7_000_000_000);
        (await Stage.HasAsync(attempt.Base)).ShouldBeTrue();
        NothingIsLeft();
    }

    [NeedsBuildKitFact]
    public async Task Build_SecondTime_TakesEveryStepFromTheCache()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nCOPY . /src\nRUN date +%N > /made\n";
        using var first = await PrepareAsync(dockerfile);
        (await first.RunAsync()).ShouldBe(0, first.Log);
        using var second = await PrepareAsync(dockerfile);
        (await second.RunAsync()).ShouldBe(0, second.Log);

        second.Log.ShouldContain("CACHED");
        var asked = Stage.Registry.ReadAccessLog("buildkit").Where(request => request.StartsWith($"HEAD /v2/{BaseImage.Repository}/manifests/", StringComparison.Ordinal)).ToList();
        asked.Count.ShouldBe(2);
        asked.ShouldAllBe(request => request.Contains("/sha256:", StringComparison.Ordinal));
        (await Stage.ConfigAsync(second.Target)).GetProperty("rootfs").ToString().ShouldBe((await Stage.ConfigAsync(first.Target)).GetProperty("rootfs").ToString());
    }

    [NeedsBuildKitFact]
    public async Task Build_TwoAtOnce_EachHasADaemon()
    {
        var attempts = await Task.WhenAll(Enumerable.Range(0, 2).Select(number => PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo {number} > /made\n")));

        var exitCodes = await Task.WhenAll(attempts.Select(attempt => attempt.RunAsync()));

        exitCodes.ShouldAllBe(code => code == 0, attempts[0].Log + attempts[1].Log);
        NothingIsLeft();
        attempts.ToList().ForEach(attempt => attempt.Dispose());
    }

    [NeedsBuildKitFact]
    public async Task Build_BaseImageExists_IsNotBuiltAgain()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");
        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        attempt.Log.ShouldNotContain("RUN true");
        attempt.Variables["BOB_NO_CACHE"] = "true";
        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
        attempt.Log.ShouldContain("RUN true");
    }

    [NeedsBuildKitFact]
    public async Task Build_FailingStep_TellsTheEnginesErrorAndPushesNothing()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN printf 'before\\nerror: failed to solve: a lie\\n' && exit 3\n");

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Reason.ShouldBe("BuildStepFailed");
        attempt.Message.ShouldMatch(@"^build failed: \[\d/2\] RUN printf");
        attempt.Message.ShouldEndWith("did not complete successfully: exit code: 3");
        attempt.Log.ShouldContain("before");
        (await Stage.HasAsync(attempt.Base)).ShouldBeFalse();
        NothingIsLeft();
    }

    [NeedsBuildKitFact]
    public async Task Build_DockerfileIsWrong_SaysWhere()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUNN true\n");

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Reason.ShouldBe("BuildStepFailed");
        attempt.Message.ShouldContain("line 2: unknown instruction: RUNN");
    }

    [NeedsBuildKitFact]
    public async Task Build_BaseImageDoesNotExist_SaysSo()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.Registry.Host}/no/such:1\nRUN true\n");

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Reason.ShouldBe("BaseImageNotFound", attempt.Message);
        attempt.Message.ShouldContain($"{Stage.Registry.Host}/no/such:1");
    }

    [NeedsBuildKitFact]
    public async Task Build_PrivateBaseImageInTheStorage_IsDeniedToARequestWithoutItsCredentials()
    {
        var digest = await Stage.DigestAsync(Stage.BaseImage);
        foreach (var image in new[] { Stage.BaseImage, $"{Stage.BaseImage}@{digest}" })
        {
            var dockerfile = $"FROM {image}\nRUN true\n";
            using var owner = await PrepareAsync(dockerfile);
            (await owner.RunAsync()).ShouldBe(0, owner.Log);
            using var other = await PrepareAsync(dockerfile, requestHasCredentials: false);

            (await other.RunAsync()).ShouldBe(1, other.Log);

            other.Reason.ShouldBe("BaseImageDenied", other.Message);
            other.Message.ShouldContain($"registry {Stage.Registry.Host} wants credentials");
        }
    }

    [NeedsBuildKitFact]
    public async Task Build_ImageThatTheDockerfileDoesNotName_IsDenied()
    {
        await using var open = await RegistryServer.StartAsync(Path.Combine(Stage.Storage, "open"), new RegistryServerOptions { Login = RegistryLogin.Open });

        // The backslash is the engine's to take out.
        var image = (await BaseImage.PushAsync(open)).Replace("127.0.0.1", @"local\host", StringComparison.Ordinal);
        using var attempt = await PrepareAsync($"ARG BASE={image}\nFROM $BASE\nRUN echo ran\n");

        (await attempt.RunAsync()).ShouldBe(1, attempt.Log);

        attempt.Reason.ShouldBe("BaseImageDenied", attempt.Message);
        attempt.Message.ShouldContain("denied by policy");
    }

    [NeedsBuildKitFact]
    public async Task Build_StageIsCalledLikeItsImage_IsTheStage()
    {
        var name = $"{Stage.Registry.Host}/same";
        await Command.CheckAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", "--authfile", Stage.Registry.AuthFile, $"docker://{Stage.BaseImage}", $"docker://{name}:latest"]);
        foreach (var (image, stage) in new[] { ($"{name}:latest", "same"), (name, "other") })
        {
            using var attempt = await PrepareAsync($"FROM {image} AS {stage}\nRUN echo kept > /kept\nFROM {image} AS last\nCOPY --from={stage} /kept /kept\nRUN cat /kept\n");
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
        }
    }

    [NeedsBuildKitFact]
    public async Task Build_FrontendOfAStranger_IsRefused()
    {
        using var attempt = await PrepareAsync($"# syntax={Stage.BaseImage}\nFROM {Stage.BaseImage}\n");

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Message.ShouldContain("names a frontend that is not allowed");
    }

    [NeedsBuildKitFact]
    public async Task Build_NetworkNone_StepsHaveNone()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN test $(grep -c : /proc/net/dev) = 1\n");
        attempt.Variables["BOB_NETWORK"] = "none";

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
    }

    [NeedsBuildKitFact]
    public async Task Build_Terminated_LeavesNothingRunning()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo started && sleep {_nap}\n");
        using var process = await StartAsync(attempt);

        _ = SendSignal(process.Id, Terminate);
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(1);
        attempt.Reason.ShouldBe("Cancelled");
        (await Command.RunAsync("pgrep", ["-f", $"^sleep {_nap}$"])).Output.ShouldBeEmpty();
        NothingIsLeft();
    }

    [NeedsBuildKitFact]
    public async Task Build_EarlierBuilderWasKilled_RemovesWhatItLeft()
    {
        using var killed = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo started && sleep {_nap}\n");
        using (var process = await StartAsync(killed))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        using var next = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");

        (await next.RunAsync()).ShouldBe(0, next.Log);

        (await Command.RunAsync("pgrep", ["-f", $"^sleep {_nap}$"])).Output.ShouldBeEmpty();
        NothingIsLeft();
    }

    [NeedsBuildKitFact]
    public async Task Build_FileOfAnEarlierContextLooksTheSame_IsNotTakenForIt()
    {
        using var ended = await PrepareFileAsync("one", "true");
        (await ended.RunAsync()).ShouldBe(0, ended.Log);
        using var killed = await PrepareFileAsync("two", $"cat /src/file; echo; echo started && sleep {_nap}");
        using (var process = await StartAsync(killed))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        using var next = await PrepareFileAsync("six", "echo \"it is $(cat /src/file)\"");

        (await next.RunAsync()).ShouldBe(0, next.Log);

        next.Log.ShouldContain("it is six");
        Directory.EnumerateFiles(Path.Combine(Stage.Storage, "buildkit/0"), "contexts").ShouldBeEmpty();
    }

    [NeedsBuildKitFact]
    public async Task Build_ContextOfAnEarlierBuildIsKept_NothingOfItIsInTheNext()
    {
        var show = $"FROM {Stage.BaseImage}\nCOPY . /src\nRUN cd /src && echo \"it is $(cat file) $(ls -d folder*)\"\n";
        async Task<BuildAttempt> BuildAsync(string content, string folder, string dockerfile)
        {
            var attempt = await PrepareAsync(dockerfile);
            var file = Path.Combine(attempt.Workspace, "file");
            await File.WriteAllTextAsync(file, content);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
            Directory.CreateDirectory(Path.Combine(attempt.Workspace, folder));
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
            return attempt;
        }

        using var first = await BuildAsync("one", "folder1", show);
        KeptContexts().ShouldBe(1);
        using var second = await BuildAsync("two", "folder2", show);
        second.Log.ShouldContain("it is two folder2\n");
        using var again = await BuildAsync("two", "folder2", show);
        again.Log.ShouldNotContain("it is two");
        again.Log.ShouldContain("CACHED");
        using var third = await BuildAsync("six", "folder2", show);
        third.Log.ShouldContain("it is six folder2\n");
        KeptContexts().ShouldBe(1);

        int KeptContexts() => Directory.EnumerateFiles(Path.Combine(Stage.Storage, "buildkit/0/state/runc-overlayfs/snapshots/snapshots"), "file", SearchOption.AllDirectories)
            .Count(file => Path.GetFileName(Path.GetDirectoryName(file)) == "fs");
    }

    [NeedsBuildKitFact]
    public async Task Build_DaemonThatIsGiven_IsUsed()
    {
        await using var daemon = await BuildDaemon.StartAsync(Stage);
        foreach (var attempt in await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => PrepareAsync($"FROM {Stage.BaseImage}\nRUN echo one\n"))))
        {
            attempt.Variables["BOB_EXTERNAL_BUILDKITD"] = daemon.Address;
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
            attempt.Dispose();
        }

        Directory.Exists(Path.Combine(Stage.Storage, "buildkit/1")).ShouldBeFalse();
    }

    [NeedsBuildKitFact]
    public async Task Build_Step_IsInTheControlGroupsOfItsBuilderAndSendsNoRawPackets()
    {
        using var attempt = await PrepareAsync(
            $$"""
            FROM {{Stage.BaseImage}}
            RUN sed 's/^/group /' /proc/self/cgroup; grep CapBnd /proc/self/status
            RUN echo 'kept: "capabilities":{"CAP_NET_RAW",]}'
            RUN ["echo", "kept:", "CAP_NET_RAW"]

            """);

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        var groups = attempt.Log.Split('\n').Where(line => line.Contains(" group ", StringComparison.Ordinal)).Select(line => line.Split(" group ")[1]).ToList();
        var own = File.ReadAllLines("/proc/self/cgroup").Select(line => line.TrimEnd('/')).ToList();
        own.ShouldAllBe(line => line.StartsWith("0:", StringComparison.Ordinal) || groups.Exists(group => group.StartsWith($"{line}/buildkit-", StringComparison.Ordinal)), attempt.Log);

        // CAP_NET_RAW is number 13 (capabilities(7)).
        var bounding = attempt.Log.Split("CapBnd:")[1].Split('\n')[0].Trim();
        (Convert.ToInt64(bounding, 16) & (1 << 13)).ShouldBe(0, bounding);
        attempt.Log.ShouldContain(" kept: \"capabilities\":{\"CAP_NET_RAW\",]}\n");
        attempt.Log.ShouldContain(" kept: CAP_NET_RAW\n");
    }

    [NeedsBuildKitFact]
    public async Task Build_TakesUpMoreDiskThanItMay_IsEnded()
    {
        using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN dd if=/dev/zero of=/large bs=1M count=2000; sleep {_nap}\n");
        attempt.Variables["BOB_DISK_LIMIT"] = $"{200 << 20}";

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Reason.ShouldBe("OutOfDisk", attempt.Log);
        attempt.Message.ShouldContain("more disk than a build may, 200 MiB");
        NothingIsLeft();
        using var next = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN true\n");
        (await next.RunAsync()).ShouldBe(0, next.Log);
        var kept = await Command.CheckAsync("du", ["--summarize", "--bytes", Path.Combine(Stage.Storage, "buildkit")]);
        long.Parse(kept.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(100 << 20);
    }

    [NeedsBuildKitFact]
    public async Task Build_CacheMountGrowsPastWhatDiskItMayTake_IsEnded()
    {
        var step = $"FROM {Stage.BaseImage}\nRUN --mount=type=cache,target=/c dd if=/dev/zero bs=1M count=";
        using var first = await PrepareAsync($"{step}50 > /c/small\n");
        first.Variables["BOB_OWNER"] = "mallory";
        (await first.RunAsync()).ShouldBe(0, first.Log);
        using var second = await PrepareAsync($"{step}2000 >> /c/small; sleep {_nap}\n");
        second.Variables["BOB_OWNER"] = "mallory";
        second.Variables["BOB_DISK_LIMIT"] = $"{200 << 20}";

        (await second.RunAsync()).ShouldBe(1);

        second.Reason.ShouldBe("OutOfDisk", second.Log);
    }

    [NeedsBuildKitFact]
    public async Task Build_CacheIsPastItsLimit_IsPruned()
    {
        // What is not past its limit is not looked at again before there are more layers.
        foreach (var step in (string[])["true", "dd if=/dev/zero of=/large bs=1M count=60"])
        {
            using var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nRUN {step}\n");
            attempt.Variables["BOB_CACHE_LIMIT"] = $"{10 << 20}";
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
        }

        var kept = await Command.CheckAsync("du", ["--summarize", "--bytes", Path.Combine(Stage.Storage, "buildkit")]);
        long.Parse(kept.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(20 << 20);
    }

    private async Task<BuildAttempt> PrepareAsync(string dockerfile, bool requestHasCredentials = true)
    {
        var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = dockerfile }, requestHasCredentials);
        attempt.Variables["BOB_ENGINE"] = "buildkit";
        return attempt;
    }

    // Of the same path, size and time, whatever is in it.
    private async Task<BuildAttempt> PrepareFileAsync(string content, string step)
    {
        var attempt = await PrepareAsync($"FROM {Stage.BaseImage}\nCOPY file /src/file\nRUN {step}\n");
        var file = Path.Combine(attempt.Workspace, "file");
        await File.WriteAllTextAsync(file, content);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        return attempt;
    }

    private static async Task<Process> StartAsync(BuildAttempt attempt)
    {
        var process = attempt.Start();
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.EndsWith(" started", StringComparison.Ordinal))
        {
            // The step's own line, not that of the step itself.
        }

        return process;
    }

    private void NothingIsLeft()
    {
        File.ReadAllText("/proc/self/mountinfo").ShouldNotContain(Stage.Storage);
        Directory.EnumerateFileSystemEntries(Path.Combine(Stage.Storage, "buildkit/builds")).ShouldBeEmpty();
        foreach (var root in Directory.EnumerateDirectories(Path.Combine(Stage.Storage, "buildkit")).Where(root => Path.GetFileName(root) != "builds"))
        {
            Directory.EnumerateFileSystemEntries(Path.Combine(root, "tmp")).ShouldBeEmpty();
            Directory.EnumerateDirectories(Path.Combine(root, "state/runc-overlayfs/executor")).ShouldBeEmpty();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

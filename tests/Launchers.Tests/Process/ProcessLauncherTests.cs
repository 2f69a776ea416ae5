using System.Collections.Immutable;
using System.Text;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Testing;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class ProcessLauncherTests
{
    [Fact]
    public async Task Launch_BuilderSucceeds_SuccessAndLogOfInitAndBuild()
    {
        await using var bob = new FakeBob(build: "while [ ! -e \"$BOB_WORKSPACE/.gitpod/ready\" ]; do sleep 0.01; done; echo oops >&2; " + FakeBob.BuildSucceeds);
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);

        (await FakeBob.ReadLogAsync(attempt)).ShouldBe("fetched\noops\nbuilt\n");
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Launch_BuilderFails_ItsReasonAndMessage()
    {
        await using var bob = new FakeBob(
            "echo '{\"succeeded\":false,\"reason\":\"BuildStepFailed\",\"message\":\"build failed: RUN false\"}' >\"$BOB_WORKSPACE/.gitpod/outcome.json\"; exit 1");
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Failed(FailureReason.BuildStepFailed, "build failed: RUN false"));
    }

    [Theory]
    [InlineData("kill -9 $$")]
    [InlineData("exit 0")]
    [InlineData("exit 137")]
    public async Task Launch_BuilderEndsWithoutTellingHow_Lost(string build)
    {
        await using var bob = new FakeBob(build);
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        await bob.NoProcessesAsync();
    }

    /// <summary>A builder that ends by itself cleans up; there the next build need not wait for another process.</summary>
    [Theory]
    [InlineData("kill -9 $$", true)]
    [InlineData(FakeBob.BuildSucceeds, false)]
    public async Task Remove_BuilderWasKilled_CleansTheEngine(string build, bool cleans)
    {
        await using var bob = new FakeBob(build);
        var storage = Path.Combine(bob.Folder, "storage");
        var attempt = await bob.LaunchAsync();
        await bob.Launcher.Swept;
        Directory.CreateDirectory(Path.Combine(storage, "builds"));
        await attempt.Completion.WaitAsync(FakeBob.Patience);

        await attempt.RemoveAsync(CancellationToken.None);

        var cleaned = Path.Combine(bob.Folder, "cleaned");
        (File.Exists(cleaned) ? await File.ReadAllLinesAsync(cleaned) : []).ShouldBe(cleans ? [storage] : []);
    }

    [Fact]
    public async Task FindEarlier_AttemptsOfAnEarlierService_AreFoundUntilTheyAreRemoved()
    {
        await using var bob = new FakeBob();
        var earlier = new AttemptId(Guid.NewGuid(), 12);
        foreach (var name in (string[])[earlier.ToString(), "spare.1", "notes", $"{Guid.NewGuid():N}."])
        {
            Directory.CreateDirectory(Path.Combine(bob.WorkFolder, name));
        }

        await using var launcher = bob.NewLauncher(endsWithService: true);
        Directory.CreateDirectory(Path.Combine(bob.WorkFolder, new AttemptId(Guid.NewGuid(), 1).ToString()));

        launcher.FindEarlier().ShouldBe([earlier]);
        await using var attempt = (await launcher.ReattachAsync(earlier, CancellationToken.None)).ShouldNotBeNull();
        await attempt.RemoveAsync(CancellationToken.None);
        launcher.FindEarlier().ShouldBeEmpty();
    }

    [Fact]
    public async Task Launch_InitFails_ItsReasonAndTheBuilderIsEnded()
    {
        await using var bob = new FakeBob(
            build: "exec sleep 600",
            init: "echo '{\"succeeded\":false,\"reason\":\"ContextUnavailable\",\"message\":\"build failed: no such branch\"}' >\"$BOB_WORKSPACE/.gitpod/outcome.json\"; exit 1");
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Failed(FailureReason.ContextUnavailable, "build failed: no such branch"));
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Launch_InitEndsWithoutTellingHow_Lost()
    {
        await using var bob = new FakeBob(build: "exec sleep 600", init: "kill -9 $$");
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        await bob.NoProcessesAsync();
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("read -r credentials; kill -9 $$")]
    [InlineData("while [ ! -e $TEST/go ]; do sleep 0.01; done")]
    public async Task Launch_ProxyDoesNotComeUpOrDiesEarly_LostAndNothingRuns(string proxy)
    {
        await using var bob = new FakeBob(build: ": >$TEST/go; exec sleep 600", proxy: proxy);
        var attempt = await bob.LaunchAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Launch_WorkFolderCannotBeMade_LauncherUnavailable()
    {
        await using var bob = new FakeBob();
        await File.WriteAllTextAsync(bob.WorkFolder, "a file where the folder should be");

        var error = await Should.ThrowAsync<LaunchException>(() => bob.LaunchAsync());

        error.Reason.ShouldBe(FailureReason.LauncherUnavailable);
        File.Delete(bob.WorkFolder);
    }

    [Fact]
    public async Task Launch_CancelledWhileItStarts_NothingIsLeft()
    {
        await using var bob = new FakeBob(proxy: "exec sleep 600");

        await Should.ThrowAsync<OperationCanceledException>(
            () => bob.Launcher.LaunchAsync(bob.Id, FakeBob.Order, FakeBob.Secrets, new CancellationToken(canceled: true)));

        await bob.NoProcessesAsync();
        Directory.Exists(bob.AttemptFolder).ShouldBeFalse();
    }

    [Fact]
    public async Task Launch_Build_GetsWhatTheContractSays()
    {
        await using var bob = new FakeBob(build: "env | sort >$TEST/env; : >$TEST/done; exec sleep 600");
        await bob.LaunchAsync(FakeBob.Order with { BaseRef = $"registry.test/base@sha256:{new string('a', 64)}", NoCache = true });
        await bob.SignalAsync("done");
        var workspace = Path.Combine(bob.AttemptFolder, "workspace");

        var variables = (await File.ReadAllLinesAsync(Path.Combine(bob.Folder, "env"))).Where(line => line.StartsWith("BOB_", StringComparison.Ordinal)).ToList();

        variables.ShouldContain($"BOB_WORKSPACE={workspace}");
        variables.ShouldContain($"BOB_DOCKERFILE_PATH={workspace}/sub/Dockerfile");
        variables.ShouldContain($"BOB_CONTEXT_DIR={workspace}/sub");
        variables.ShouldContain("BOB_BUILD_BASE=true");
        variables.ShouldContain("BOB_NO_CACHE=true");
        variables.ShouldContain("BOB_NETWORK=host");
        variables.ShouldContain("BOB_OWNER=4c1029697ee358715d3a14a2add817c4");
        variables.ShouldContain("BOB_CACHE_LIMIT=21474836480");
        variables.ShouldContain(variable => variable.StartsWith("BOB_TARGET_REF=") && variable.EndsWith("/target:latest"));
        variables.ShouldContain(variable => variable.StartsWith("BOB_BASE_REF=") && variable.EndsWith($"/base@sha256:{new string('a', 64)}"));
    }

    [Theory]
    [InlineData("owner")]
    [InlineData("")]
    public async Task Launch_CacheRepository_TheProxyKnowsTheImageAndTheBuildItsAlias(string owner)
    {
        await using var bob = new FakeBob(build: "env >$TEST/env; : >$TEST/done.build; exec sleep 600", proxy: "echo $* >$TEST/arguments; : >$TEST/done.proxy; " + FakeBob.ProxyListens);
        await using var launcher = bob.NewLauncher(cacheRepository: "registry.test/caches");
        var order = FakeBob.Order with { Owner = owner };
        await using var attempt = await launcher.LaunchAsync(bob.Id, order, FakeBob.Secrets, CancellationToken.None);
        await Task.WhenAll(bob.SignalAsync("done.build"), bob.SignalAsync("done.proxy"));

        var cache = RegistryCache.ReferenceFor(order, "registry.test/caches");
        var (arguments, variables) = (await File.ReadAllTextAsync(Path.Combine(bob.Folder, "arguments")), await File.ReadAllLinesAsync(Path.Combine(bob.Folder, "env")));
        arguments.Contains("--cache-ref", StringComparison.Ordinal).ShouldBe(cache is not null);
        arguments.ShouldContain(cache ?? string.Empty);
        variables.Where(variable => variable.StartsWith("BOB_CACHE_REF=", StringComparison.Ordinal)).ShouldBe(cache is null ? [] : ["BOB_CACHE_REF=localhost:8080/cache:latest"]);
        await attempt.CancelAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Launch_Extras_AreVariablesOfBuildAlone()
    {
        const string Dump = "env >$TEST/env.$verb; : >$TEST/done.$verb; ";
        await using var bob = new FakeBob(build: Dump + "exec sleep 600", init: Dump + FakeBob.InitSucceeds, proxy: Dump + FakeBob.ProxyListens);
        await bob.LaunchAsync(FakeBob.Order with
        {
            Extras = new BuildExtras
            {
                Arguments = ImmutableDictionary<string, string>.Empty.Add("WHAT", "a \"b\" <ä> $c\n"),
                Labels = ImmutableDictionary<string, string>.Empty.Add("org.example.one", string.Empty),
                Stage = "wanted",
                Platform = "linux/arm64",
            },
        });
        await Task.WhenAll(bob.SignalAsync("done.build"), bob.SignalAsync("done.init"), bob.SignalAsync("done.proxy"));

        string[] expected =
        [
            """BOB_BUILD_ARGS={"WHAT":"a \"b\" <ä> $c\n"}""", """BOB_LABELS={"org.example.one":""}""", "BOB_TARGET_STAGE=wanted", "BOB_PLATFORM=linux/arm64",
        ];
        (await VariablesAsync("build")).Intersect(expected).Count().ShouldBe(expected.Length);
        (await VariablesAsync("init")).Concat(await VariablesAsync("proxy")).ShouldNotContain(variable => expected.Contains(variable));

        Task<string[]> VariablesAsync(string verb) => File.ReadAllLinesAsync(Path.Combine(bob.Folder, $"env.{verb}"));
    }

    [Fact]
    public async Task Launch_LargestExtras_AreWithinWhatBobReads()
    {
        // What takes most room when it is written, in as many bytes as an order may have.
        var dense = string.Concat(Enumerable.Repeat("\U0001F600", ((16 << 10) / 4) - 128));
        var entries = Enumerable.Range(0, 128).ToImmutableDictionary(index => $"A{index}", index => index == 0 ? dense : string.Empty);
        await using var bob = new FakeBob(build: "env >$TEST/env; : >$TEST/done; exec sleep 600");
        await bob.LaunchAsync(FakeBob.Order with { Extras = new BuildExtras { Arguments = entries, Labels = entries } });
        await bob.SignalAsync("done");

        var variables = (await File.ReadAllLinesAsync(Path.Combine(bob.Folder, "env"))).Where(line => line.StartsWith("BOB_BUILD_ARGS=", StringComparison.Ordinal) || line.StartsWith("BOB_LABELS=", StringComparison.Ordinal));

        variables.Count().ShouldBe(2);
        variables.ShouldAllBe(variable => variable.Length < 64 << 10);
    }

    [Fact]
    public async Task Launch_BaseExistsAlready_NothingIsFetched()
    {
        await using var bob = new FakeBob(init: ": >$TEST/fetched");
        var attempt = await bob.LaunchAsync(FakeBob.Order with { BuildBase = false, Context = null });

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);
        File.Exists(Path.Combine(bob.Folder, "fetched")).ShouldBeFalse();
    }

    [Fact]
    public async Task Launch_Init_GetsTheInitializerOnItsInputAlone()
    {
        await using var bob = new FakeBob(build: "exec sleep 600", init: "cat >$TEST/input; : >$TEST/done; exec sleep 600");
        await bob.LaunchAsync();
        await bob.SignalAsync("done");

        var input = await File.ReadAllTextAsync(Path.Combine(bob.Folder, "input"));

        input.ShouldContain("\"remoteUri\":\"https://git.test/a.git\"");
        input.ShouldContain("\"authPassword\":\"git-password-1\"");
        bob.Processes().ShouldAllBe(process => !process.Arguments.Contains("git-password-1") && !process.Environment.Contains("git-password-1"));
    }

    [Fact]
    public async Task Launch_Credentials_ReachOnlyTheProxysInput()
    {
        await using var bob = new FakeBob(
            build: ": >$TEST/built; exec sleep 600",
            proxy: "cat >$TEST/input; : >$TEST/done; exec sleep 600");
        bob.Credentials.Add(new KnownCredentials(("registry.test", RegistryCredential.Basic("service", "hunter2"))));
        var own = Convert.ToBase64String("anna:hunter3"u8);
        await bob.LaunchAsync(secrets: FakeBob.Secrets with
        {
            Access = RegistryAccess.All with { Additional = ImmutableDictionary<string, string>.Empty.Add("private.test", own) },
        });
        await bob.SignalAsync("done");
        await bob.SignalAsync("built");
        string[] secrets =
        [
            "hunter2", "hunter3", own, Convert.ToBase64String("service:hunter2"u8), "git-password-1", "secret-2",
        ];

        var input = await File.ReadAllTextAsync(Path.Combine(bob.Folder, "input"));
        input.ShouldContain(own);
        input.ShouldContain(secrets[3]);
        var processes = bob.Processes();
        processes.Count.ShouldBeGreaterThanOrEqualTo(2);
        foreach (var secret in secrets)
        {
            processes.ShouldAllBe(process => !process.Arguments.Contains(secret) && !process.Environment.Contains(secret));
            foreach (var file in Directory.EnumerateFiles(bob.WorkFolder, "*", SearchOption.AllDirectories))
            {
                (await File.ReadAllTextAsync(file)).ShouldNotContain(secret);
            }
        }
    }

    [Fact]
    public async Task Launch_ServicesOwnEnvironment_IsNotPassedOn()
    {
        Environment.SetEnvironmentVariable("LAUNCHERS_TESTS_SECRET", "hunter9");
        await using var bob = new FakeBob(build: "env >$TEST/env; : >$TEST/done; exec sleep 600");
        await bob.LaunchAsync();
        await bob.SignalAsync("done");

        (await File.ReadAllTextAsync(Path.Combine(bob.Folder, "env"))).ShouldNotContain("hunter9");
    }

    [Fact]
    public async Task Launch_WhatGitIsSetUpBy_ReachesInitAlone()
    {
        string[] settings = ["SSH_AUTH_SOCK=/run/agent", "BOB_SSH_KNOWN_HOSTS=/etc/hosts.known", "BOB_CONTEXT_SIZE_LIMIT=7000000", "BOB_CONTEXT_FILES_LIMIT=7000"];
        foreach (var setting in settings.Select(setting => setting.Split('=')))
        {
            Environment.SetEnvironmentVariable(setting[0], setting[1]);
        }

        const string Tell = "env >$TEST/env-$verb; : >$TEST/done-$verb; exec sleep 600";
        await using var bob = new FakeBob(build: Tell, init: Tell, proxy: Tell);
        await bob.LaunchAsync();
        var told = new Dictionary<string, string[]>();
        foreach (var verb in new[] { "init", "proxy", "build" })
        {
            await bob.SignalAsync($"done-{verb}");
            told[verb] = await File.ReadAllLinesAsync(Path.Combine(bob.Folder, $"env-{verb}"));
        }

        settings.ShouldBeSubsetOf(told["init"]);
        settings.Intersect([.. told["proxy"], .. told["build"]]).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReadLog_WhileItGrows_EveryByteOnceByOffset()
    {
        await using var bob = new FakeBob(build: "echo one; : >$TEST/one; while [ ! -e $TEST/go ]; do sleep 0.01; done; echo two; " + FakeBob.BuildSucceeds, init: ": >\"$BOB_WORKSPACE/.gitpod/ready\"");
        var attempt = await bob.LaunchAsync();
        await bob.SignalAsync("one");

        (await FakeBob.ReadLogAsync(attempt)).ShouldBe("one\n");
        (await attempt.ReadLogAsync(4, new byte[10], CancellationToken.None)).ShouldBe(0);
        (await attempt.ReadLogAsync(4_000, new byte[10], CancellationToken.None)).ShouldBe(0);
        bob.Signal("go");
        await attempt.Completion.WaitAsync(FakeBob.Patience);

        var rest = new byte[100];
        var read = await attempt.ReadLogAsync(4, rest, CancellationToken.None);
        Encoding.UTF8.GetString(rest, 0, read).ShouldBe("two\nbuilt\n");
    }

    [Fact]
    public async Task Cancel_BuilderIgnoresTheRequest_WholeGroupIsKilled()
    {
        await using var bob = new FakeBob(
            build: "trap '' TERM; (trap '' TERM; sleep 600) & sleep 600 & : >$TEST/started; while :; do sleep 600; done",
            init: "sleep 600 & exec sleep 600");
        var attempt = await bob.LaunchAsync();
        await bob.SignalAsync("started");

        // What the steps start in the background may come a moment after they said that they run.
        await FakeBob.UntilAsync(() => bob.Processes().Count > 4);

        await attempt.CancelAsync(CancellationToken.None);

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Cancel_BuilderCleansUpAfterItself_IsGivenTheTimeForIt()
    {
        await using var bob = new FakeBob(build: "trap 'echo clean >$TEST/cleaned; exit 1' TERM; while [ ! -e \"$BOB_WORKSPACE/.gitpod/ready\" ]; do sleep 0.01; done; : >$TEST/started; while :; do sleep 0.01; done");
        var launcher = bob.NewLauncher(grace: FakeBob.Patience);
        await using var attempt = await launcher.LaunchAsync(bob.Id, FakeBob.Order, FakeBob.Secrets, CancellationToken.None);
        await bob.SignalAsync("started");

        await attempt.CancelAsync(CancellationToken.None).WaitAsync(FakeBob.Patience / 2);

        File.Exists(Path.Combine(bob.Folder, "cleaned")).ShouldBeTrue();
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Cancel_WhileTheContextIsFetched_BuilderIsGivenTheTimeToCleanUpToo()
    {
        await using var bob = new FakeBob(
            build: "trap 'sleep 0.5; echo clean >$TEST/cleaned; exit 1' TERM; : >$TEST/started; while :; do sleep 0.01; done",
            init: "exec sleep 600");
        var launcher = bob.NewLauncher(grace: FakeBob.Patience);
        await using var attempt = await launcher.LaunchAsync(bob.Id, FakeBob.Order, FakeBob.Secrets, CancellationToken.None);
        await bob.SignalAsync("started");

        await attempt.CancelAsync(CancellationToken.None).WaitAsync(FakeBob.Patience / 2);

        File.Exists(Path.Combine(bob.Folder, "cleaned")).ShouldBeTrue();
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Cancel_EndedAttempt_StaysAsItEnded()
    {
        await using var bob = new FakeBob();
        var attempt = await bob.LaunchAsync();
        await attempt.Completion.WaitAsync(FakeBob.Patience);

        await attempt.CancelAsync(CancellationToken.None);
        await attempt.CancelAsync(CancellationToken.None);

        (await attempt.Completion).ShouldBe(AttemptOutcome.Success);
    }

    [Fact]
    public async Task Reattach_BuilderStillRuns_FollowsItToItsEnd()
    {
        await using var bob = new FakeBob(build: "echo one; : >$TEST/one; while [ ! -e $TEST/go ]; do sleep 0.01; done; " + FakeBob.BuildSucceeds, init: ": >\"$BOB_WORKSPACE/.gitpod/ready\"");
        await using (await bob.Launcher.LaunchAsync(bob.Id, FakeBob.Order, FakeBob.Secrets, CancellationToken.None))
        {
            await bob.SignalAsync("one");
        }

        var again = await bob.ReattachAsync();
        again.Completion.IsCompleted.ShouldBeFalse();
        (await FakeBob.ReadLogAsync(again)).ShouldBe("one\n");
        bob.Signal("go");

        (await again.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);
        (await FakeBob.ReadLogAsync(again)).ShouldBe("one\nbuilt\n");
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Reattach_BuilderEndedMeanwhile_ItsOutcome()
    {
        await using var bob = new FakeBob();
        await using (var attempt = await bob.Launcher.LaunchAsync(bob.Id, FakeBob.Order, FakeBob.Secrets, CancellationToken.None))
        {
            await attempt.Completion.WaitAsync(FakeBob.Patience);
        }

        (await (await bob.ReattachAsync()).Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);
    }

    [Fact]
    public async Task Reattach_ThenCancel_LeavesNoProcess()
    {
        await using var bob = new FakeBob(build: "sleep 600 & : >$TEST/started; exec sleep 600");
        await using (await bob.Launcher.LaunchAsync(bob.Id, FakeBob.Order, FakeBob.Secrets, CancellationToken.None))
        {
            await bob.SignalAsync("started");
        }

        var again = await bob.ReattachAsync();
        await again.CancelAsync(CancellationToken.None);

        (await again.Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        await bob.NoProcessesAsync();
    }

    [Fact]
    public async Task Reattach_ServiceDiedBeforeTheBuilderStarted_Lost()
    {
        await using var bob = new FakeBob();
        Directory.CreateDirectory(Path.Combine(bob.AttemptFolder, "workspace", ".gitpod"));

        (await (await bob.ReattachAsync()).Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("0 ")]
    [InlineData("1 1")]
    [InlineData("-1 5")]
    [InlineData("99999999999999999999 5")]
    public async Task Reattach_NoteOfTheProcessIsSpoilt_LostAndNobodyElseIsKilled(string note)
    {
        await using var bob = new FakeBob();
        Directory.CreateDirectory(Path.Combine(bob.AttemptFolder, "workspace", ".gitpod"));
        foreach (var verb in new[] { "proxy", "init", "build" })
        {
            await File.WriteAllTextAsync(Path.Combine(bob.AttemptFolder, verb + ".pid"), note);
        }

        var attempt = await bob.ReattachAsync();

        (await attempt.Completion.WaitAsync(FakeBob.Patience)).Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        await attempt.CancelAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Reattach_NothingKnown_IsNull()
    {
        await using var bob = new FakeBob();

        (await bob.NewLauncher().ReattachAsync(bob.Id, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Remove_RunningOrEnded_LeavesNothing()
    {
        await using var bob = new FakeBob(build: "mkdir -p \"$HOME/a/b\"; ln -s / \"$HOME/a/root\"; chmod 0 \"$HOME/a/b\"; sleep 600 & : >$TEST/started; exec sleep 600");
        var attempt = await bob.LaunchAsync();
        await bob.SignalAsync("started");

        await attempt.RemoveAsync(CancellationToken.None);

        Directory.Exists(bob.AttemptFolder).ShouldBeFalse();
        await bob.NoProcessesAsync();
        await attempt.RemoveAsync(CancellationToken.None);
        (await bob.NewLauncher().ReattachAsync(bob.Id, CancellationToken.None)).ShouldBeNull();
        Directory.Exists("/etc").ShouldBeTrue();
    }

    [Fact]
    public async Task Remove_FileNamesThatAreNotUtf8_LeavesNothing()
    {
        await using var bob = new FakeBob(build: "odd=$(printf 'odd\\377'); mkdir -p \"$BOB_WORKSPACE/$odd/$odd\"; : >\"$BOB_WORKSPACE/$odd/$odd/$odd\"; : >\"$BOB_WORKSPACE/$odd.\"; " + FakeBob.BuildSucceeds);
        var attempt = await bob.LaunchAsync();
        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);

        await attempt.RemoveAsync(CancellationToken.None);

        Directory.Exists(bob.AttemptFolder).ShouldBeFalse();
    }

    [Fact]
    public async Task Remove_FolderIsForTheOwnerAlone_WhileItIsThere()
    {
        await using var bob = new FakeBob();
        await bob.LaunchAsync();

        File.GetUnixFileMode(bob.AttemptFolder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

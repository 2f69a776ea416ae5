using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

#pragma warning disable CA1001 // xunit disposes it: IAsyncLifetime
public sealed class EngineIsolationTests() : StagedTests("runc")
#pragma warning restore CA1001
{
    private readonly TemporaryFolder _outside = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _outside.Dispose();
    }

    protected override Task SetUpAsync()
    {
        _outside.Write("found", "outside");
        return Task.CompletedTask;
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere(
        "RUN --mount=type=cache,id=../../../../../../../../../..OUT,target=/x echo try; cat /x/found; touch /x/made",
        "ARG UP=../../../../../../../../../..OUT\nRUN --mount=type=cache,id=$UP,target=/x echo try; cat /x/found; touch /x/made",
        "RUN --mount=type=cache,id=one,target=/x ln -s OUT /x/link\nRUN --mount=type=cache,id=one/link,target=/x echo try; cat /x/found; touch /x/made",
        "RUN --mount=type=bind,source=../../../../../../../../../..OUT,target=/x echo try; cat /x/found",
        "RUN --mount=type=bind,source=link,target=/x,rw echo try; cat /x/found; touch /x/made",
        "RUN --mount=type=bind,from=stage,source=/link,target=/x,rw echo try; cat /x/found; touch /x/made",
        "RUN --mount=type=bind,from=stage,source=/climb,target=/x,rw echo try; cat /x/found; touch /x/made",
        "RUN --mount=type=cache,from=stage,source=/link,target=/x echo try; cat /x/found; touch /x/made",
        "RUN ln -s OUT /vol\nVOLUME /vol\nRUN echo try; cat /vol/found /vol/*; touch /vol/made",
        "COPY --from=stage /link /x\nRUN echo try; cat /x/found",
        "COPY link /x\nRUN echo try; cat /x/found")]
    public async Task Build_StepLooksOutOfTheBuild_SeesNothing(string engine, string steps)
    {
        var dockerfile = $"FROM {Stage.BaseImage} AS stage\nRUN ln -s {_outside.Path} /link; ln -s ../../../../../../../../..{_outside.Path} /climb\nFROM {Stage.BaseImage}\n{steps.Replace("OUT", _outside.Path, StringComparison.Ordinal)}\n";
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = dockerfile });
        attempt.Variables["BOB_ENGINE"] = engine;
        attempt.Variables["BOB_OWNER"] = "mallory";
        Directory.CreateSymbolicLink(Path.Combine(attempt.Workspace, "link"), _outside.Path);

        // A step that is refused fails the build; one that finds a folder of its own there does not.
        (await attempt.RunAsync()).ShouldBeOneOf(0, 1);

        attempt.Log.Split('\n').ShouldNotContain(line => line.EndsWith("outside", StringComparison.Ordinal), attempt.Log);
        File.Exists(_outside["made"]).ShouldBeFalse();
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere(".dockerignore", ".containerignore", "Dockerfile.dockerignore", "Dockerfile.containerignore")]
    public async Task Build_IgnoreFileLeadsOut_ShowsNothingOfWhatIsThere(string engine, string file)
    {
        var secret = _outside.Write("secret", "[hunter2\nhunter3\n");
        foreach (var (target, told) in new[] { (secret, "leads out of the workspace"), (_outside["none"], "is a link to nothing") })
        {
            using var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["sub/Dockerfile"] = "FROM scratch\nCOPY . /\n" });
            attempt.Variables["BOB_ENGINE"] = engine;
            File.CreateSymbolicLink(Path.Combine(attempt.Workspace, "sub", file), target);

            (await attempt.RunAsync(dockerfile: "sub/Dockerfile")).ShouldBe(1);

            attempt.Log.ShouldNotContain("hunter");
            attempt.Message.ShouldContain(told);
        }
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere(".dockerignore", "Dockerfile.dockerignore")]
    public async Task Build_IgnoreFile_KeepsFilesOutOfTheContext(string engine, string file)
    {
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>
        {
            ["Dockerfile"] = $"FROM {Stage.BaseImage}\nCOPY . /context\nRUN find /context -type f\n",
            [file] = "# comment\n*.log\n!kept.log\n**/secret\nfolder\n",
            ["one.log"] = "", ["kept.log"] = "", ["deep/down/secret"] = "", ["deep/down/open"] = "", ["folder/file"] = "",
        });
        attempt.Variables["BOB_ENGINE"] = engine;

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        foreach (var (name, isThere) in new[] { ("one.log", false), ("kept.log", true), ("deep/down/secret", false), ("deep/down/open", true), ("folder/file", false) })
        {
            attempt.Log.Contains($"/context/{name}", StringComparison.Ordinal).ShouldBe(isThere, name);
        }
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere("Dockerfile", "parent/Dockerfile", "parent/../parent/Dockerfile")]
    public async Task Build_DockerfileOrContextBehindALinkOut_IsRefused(string engine, string path)
    {
        _outside.Write("Dockerfile", "FROM scratch\nCOPY . /\n");
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Here"] = "FROM scratch\nCOPY . /\n" });
        attempt.Variables["BOB_ENGINE"] = engine;
        File.CreateSymbolicLink(Path.Combine(attempt.Workspace, "Dockerfile"), _outside["Dockerfile"]);
        Directory.CreateSymbolicLink(Path.Combine(attempt.Workspace, "parent"), _outside.Path);

        (await attempt.RunAsync(dockerfile: path)).ShouldBe(1);
        attempt.Message.ShouldContain("leads out of the workspace");
        attempt.Variables["BOB_CONTEXT_DIR"] = "/workspace/parent";
        (await attempt.RunAsync(dockerfile: "Here")).ShouldBe(1);
        attempt.Message.ShouldContain("leads out of the workspace");
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere]
    public async Task Build_CacheMount_IsItsOwners(string engine)
    {
        async Task<string> SeenAsync(string owner, string step)
        {
            using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>
            {
                ["Dockerfile"] = $"FROM {Stage.BaseImage}\nRUN --mount=type=cache,target=/cache echo {step} && echo \"seen:$(cat /cache/* | tr '\\n' ,)\" && echo {owner} >> /cache/who\n",
            });
            attempt.Variables["BOB_ENGINE"] = engine;
            attempt.Variables["BOB_OWNER"] = owner;
            (await attempt.RunAsync()).ShouldBe(0, attempt.Log);
            return attempt.Log.Split('\n').Last(line => line.Contains("seen:", StringComparison.Ordinal) && !line.Contains("echo", StringComparison.Ordinal)).Split("seen:")[1].Trim();
        }

        (await SeenAsync("alice", "one")).ShouldBeEmpty();
        (await SeenAsync("alice", "two")).ShouldBe("alice,");
        (await SeenAsync("bob", "two")).ShouldBeEmpty();
        (await SeenAsync(string.Empty, "two")).ShouldBeEmpty();
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere]
    public async Task Build_Secret_IsSeenByItsStepAloneAndIsRemoved(string engine)
    {
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>
        {
            ["Dockerfile"] = $"FROM {Stage.BaseImage}\nRUN --mount=type=secret,id=token cat /run/secrets/token; sha256sum /run/secrets/token\nRUN ! test -e /run/secrets/token && ! grep -rs hunter2 /etc /run /proc/self/environ\n",
        });
        var folder = _outside["secrets"];
        _outside.Write("secrets/token", "hunter2-hunter2");
        attempt.Variables["BOB_ENGINE"] = engine;
        attempt.Variables["BOB_OWNER"] = "alice";
        attempt.Variables["BOB_SECRETS_FOLDER"] = folder;

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        attempt.Log.ShouldContain("84ca4458");
        attempt.Log.ShouldNotContain("hunter2-hunter2");
        Directory.Exists(folder).ShouldBeFalse();
        (await Stage.ConfigAsync(attempt.Target)).ToString().ShouldNotContain("hunter2-hunter2");
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere]
    public async Task Build_StepAsksTheProxyOfABuild_IsRefusedAndFindsNoPassword(string engine)
    {
        using var beside = await Stage.PrepareAsync(new Dictionary<string, string>());
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>());
        var passwords = new[] { await File.ReadAllTextAsync(attempt.ProxyKeyFile), await File.ReadAllTextAsync(beside.ProxyKeyFile) };
        string[] paths = ["v2/", "v2/base/manifests/latest", "v2/target/manifests/latest", $"v2/ns/{Stage.Registry.Host.Replace(':', '_')}/local/busybox/manifests/1"];
        var asked = new[] { attempt.Proxy, beside.Proxy }.SelectMany(proxy => paths.Select(path => $"wget -O- http://{proxy}/{path}"));
        // Written so that the search does not find itself.
        var searched = passwords.Select(password => $"grep -rs '[{password[0]}]{password[1..]}' /etc /run /tmp /proc/[0-9]*/environ /proc/[0-9]*/cmdline && echo found");
        await File.WriteAllTextAsync(
            Path.Combine(attempt.Workspace, "Dockerfile"),
            $"FROM {Stage.BaseImage}\nRUN {string.Join("; ", asked)}; true\nRUN {string.Join("; ", searched)}; env\n");
        attempt.Variables["BOB_ENGINE"] = engine;

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        attempt.Log.Split('\n').Count(line => line.EndsWith("401 Unauthorized", StringComparison.Ordinal)).ShouldBe(2 * paths.Length, attempt.Log);
        attempt.Log.Split('\n').ShouldNotContain(line => line.EndsWith(" found", StringComparison.Ordinal) || line == "found");
        foreach (var password in passwords)
        {
            attempt.Log.Replace($"[{password[0]}]{password[1..]}", string.Empty, StringComparison.Ordinal).ShouldNotContain(password[1..]);
        }
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere]
    public async Task Build_PasswordOfAnotherProxy_FailsAndShowsNone(string engine)
    {
        using var beside = await Stage.PrepareAsync(new Dictionary<string, string>());
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = $"FROM {Stage.BaseImage}\n" });
        attempt.Variables["BOB_ENGINE"] = engine;
        attempt.Variables["BOB_PROXY_KEY_FILE"] = beside.ProxyKeyFile;

        (await attempt.RunAsync()).ShouldBe(1);

        attempt.Log.ShouldNotContain(await File.ReadAllTextAsync(beside.ProxyKeyFile));
        (await Stage.HasAsync(attempt.Target)).ShouldBeFalse();
    }

    [NeedsProgramsTheory("runc", "docker-registry", "skopeo")]
    [EnginesHere]
    public async Task Build_Extras_AreInTheImage(string engine)
    {
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string>
        {
            ["Dockerfile"] = $"ARG TAG=none\nFROM {Stage.BaseImage[..^1]}$TAG AS wanted\nARG WHAT\nENV WHAT=$WHAT\nFROM wanted\nRUN false\n",
        });
        attempt.Variables["BOB_ENGINE"] = engine;
        attempt.Variables["BOB_BUILD_ARGS"] = """{"WHAT":"a \"b\" $c, 'd'","TAG":"1"}""";
        attempt.Variables["BOB_LABELS"] = """{"org.example.one":"x=y","two":""}""";
        attempt.Variables["BOB_TARGET_STAGE"] = "wanted";
        attempt.Variables["BOB_PLATFORM"] = "linux/amd64";

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        var image = await Stage.ConfigAsync(attempt.Target);
        var config = image.GetProperty("config");
        config.GetProperty("Env").EnumerateArray().Select(variable => variable.GetString()).ShouldContain("WHAT=a \"b\" $c, 'd'");
        config.GetProperty("Labels").GetProperty("org.example.one").GetString().ShouldBe("x=y");
        image.GetProperty("architecture").GetString().ShouldBe("amd64");
    }
}

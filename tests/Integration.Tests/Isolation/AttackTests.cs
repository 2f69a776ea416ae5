using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Service;
using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Isolation;

/// <summary>Hostile Dockerfiles, a wave at a time, each wave beside honest builds in the same service.</summary>
#pragma warning disable CA1001 // xunit disposes it: IAsyncLifetime
public sealed class AttackTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const int HonestBuilds = 4;
    private const string LongLine = "RUN tr '\\0' 'x' </dev/zero | head -c 100000000; echo; echo end";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("imagebuilder-tests-");
    private Surroundings _surroundings = null!;
    private TestedService _process = null!;
    private ServiceClient _client = null!;

    public async Task InitializeAsync()
    {
        if (new NetworkFactAttribute().Skip is not null)
        {
            return;
        }

        _surroundings = await Surroundings.StartAsync(_data.FullName);
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        await (_process?.DisposeAsync() ?? default);
        await (_surroundings?.DisposeAsync() ?? default);

        _data.Delete(recursive: true);
    }

    /// <summary>What takes from the machine is ended with a reason that says what it took too much of.</summary>
    [NetworkTheory]
    [EnginesHere]
    public async Task Build_TakesTooMuch_IsEndedAndHonestBuildsSucceed(string engine)
    {
        await StartAsync(engine);
        var attacks = new Dictionary<string, string>
        {
            ["RUN head -c 900000000 /dev/zero | tail -c 900000000 >/dev/null"] = "memory limit of 512 MiB",
            ["RUN echo 'b() { b | b & }; b' >/bomb && sh /bomb 2>/dev/null; sleep 1; false"] = "limit of processes",
            ["RUN dd if=/dev/zero of=/large bs=1M count=4000; sleep 100"] = "more disk than a build may",
        };

        var ended = await BesideHonestBuildsAsync(attacks.Keys);

        foreach (var (attack, reason) in attacks)
        {
            ended[attack].Last.Status.ShouldBe(BuildStatus.DoneFailure, attack);
            ended[attack].Last.Message.ShouldContain(reason, customMessage: attack);
        }
    }

    /// <summary>What looks around finds nothing; what writes much keeps its end.</summary>
    [NetworkTheory]
    [EnginesHere]
    public async Task Build_LooksAroundOrWritesWithoutEnd_GetsNowhereAndHonestBuildsSucceed(string engine)
    {
        await StartAsync(engine);
        var secret = _surroundings.Registry.Auth;
        string[] attacks =
        [
            // Its own environment, files and the processes that it sees.
            "RUN for f in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do cat $f | tr '\\0' '\\n'; done; ls /root /run /var/run /tmp; env; echo end",
            $"RUN find / -xdev -type f | head -2000 | xargs grep -l '{secret[..12]}'; test -e {_data.FullName} && echo escaped; echo end",
            // Signals to whatever there is, devices and mounts.
            "RUN for p in $(seq 2 4000); do kill -9 $p 2>/dev/null; done; echo end",
            "RUN major=$(awk '$4 ~ /^vda$|^sda$/ {print $1}' /proc/partitions | head -1); mknod /disk b ${major:-8} 0; head -c 1 /disk && echo escaped; mount -t proc proc /mnt && echo escaped; ls /dev/sd* /dev/vd* 2>/dev/null && echo escaped; echo end",
            "RUN yes 'a line of a log without end' | head -c 100000000; echo; echo end",
            LongLine,
            "RUN ping -c 1 -W 1 127.0.0.1 && echo escaped; echo end",
            "RUN printf '\\033]0;title\\007\\033[2J\\033c'; echo end",
        ];

        var ended = await BesideHonestBuildsAsync(attacks);

        foreach (var attack in attacks)
        {
            var (last, log) = ended[attack];
            if (engine == "buildkit" && attack == LongLine && last.Status == BuildStatus.DoneFailure)
            {
                // BuildKit keeps a line in memory until it ends.
                last.Message.ShouldContain("memory limit of 512 MiB");
                continue;
            }

            last.Status.ShouldBe(BuildStatus.DoneSuccess, $"{attack}: {last.Message}");
            (await ReadStoredAsync(last.Ref)).ShouldBeLessThan(5 << 20, attack);
            log.ShouldContain("end\n", Case.Sensitive, attack);
            log.Split('\n').ShouldNotContain(line => line.EndsWith("escaped", StringComparison.Ordinal) && !line.Contains("STEP", StringComparison.Ordinal), attack);
            log.ShouldNotContain(secret, Case.Sensitive, attack);
        }
    }

    /// <summary>What reaches out of its context, or is named as an option, does not start.</summary>
    [NetworkTheory]
    [EnginesHere]
    public async Task Build_ReachesOutOfItsContext_FailsAndHonestBuildsSucceed(string engine)
    {
        await StartAsync(engine);
        string[] attacks =
        [
            "COPY ../../../../../../etc/hostname /stolen\nRUN cat /stolen",
            "COPY link/hostname /stolen\nRUN cat /stolen",
            "RUN --mount=type=bind,source=link,target=/stolen cat /stolen/hostname",
            "RUN --mount=type=cache,id=../../../../../../../etc,target=/stolen cat /stolen/hostname",
        ];

        var ended = await BesideHonestBuildsAsync(attacks);

        attacks.ShouldAllBe(attack => ended[attack].Last.Status == BuildStatus.DoneFailure);
        var option = await RequestAsync("RUN true");
        option.Source.File.DockerfilePath = "--help";
        (await BuildAsync(option)).Last.Message.ShouldContain("could not find Dockerfile at \"--help\"");
    }

    private async Task StartAsync(string engine)
    {
        _process = await TestedService.StartAsync(new ServiceOptions
        {
            DataFolder = Path.Combine(_data.FullName, "service"),
            RegistryHost = _surroundings.Registry.Host,
            AuthFile = _surroundings.Registry.AuthFile,
            Amend = configuration =>
            {
                configuration["process"] = new JsonObject { ["engine"] = engine, ["memoryLimit"] = 512 << 20, ["pidsLimit"] = 300, ["diskLimit"] = 300 << 20 };
                configuration["builds"] = new JsonObject { ["deadline"] = "10m0s", ["logLimit"] = 4 << 20 };
            },
        });
        _client = new ServiceClient(_process.Address);
    }

    private async Task<Dictionary<string, (BuildResponse Last, string Log)>> BesideHonestBuildsAsync(IEnumerable<string> attacks)
    {
        var hostile = attacks.ToDictionary(steps => steps, async steps => await BuildAsync(await RequestAsync(steps)));
        var honest = Enumerable.Range(0, HonestBuilds)
            .Select(async number => await BuildAsync(await RequestAsync($"RUN sleep 1 && echo honest work {number}")))
            .ToList();

        // All of them, before any is judged: what still ran would write into the folder that a test that failed removes.
        await Task.WhenAll(hostile.Values.Concat(honest));
        foreach (var build in honest)
        {
            var (last, log) = await build;
            last.Status.ShouldBe(BuildStatus.DoneSuccess, $"{last.Message}\n{log}");
        }

        return hostile.ToDictionary(build => build.Key, build => build.Value.Result);
    }

    private async Task<(BuildResponse Last, string Log)> BuildAsync(BuildRequest request)
    {
        using var log = new MemoryStream();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(12));
        var responses = await _client.BuildAsync(request, log, deadline.Token);
        return (responses[^1], Encoding.UTF8.GetString(log.ToArray()));
    }

    private async Task<long> ReadStoredAsync(string workspaceRef)
    {
        using var log = new MemoryStream();
        await _client.FollowLogAsync(workspaceRef, log, RunningService.Deadline);
        return log.Length;
    }

    private Task<BuildRequest> RequestAsync(string steps) =>
        _surroundings.CreateRequestAsync($"FROM @BASE@\n{steps}\n", links: new Dictionary<string, string> { ["link"] = "/etc" });
}

using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Testing;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class SpareProxyTests
{
    private const string Proxy = """
        case "$*" in
        *--standby*)
            echo waits >>"$TEST/spares"
            while [ $# -gt 0 ]; do [ "$1" = --address-file ] && echo 127.0.0.1:2 >"$2"; shift; done
            read -r order
            [ -n "$order" ] || exit 0
            echo "$order" >"$TEST/order"
            exec sleep 600
            ;;
        *)
            echo starts >>"$TEST/own"
            read -r credentials
            while [ $# -gt 0 ]; do [ "$1" = --address-file ] && echo 127.0.0.1:1 >"$2"; shift; done
            exec sleep 600
            ;;
        esac
        """;

    // As a real build does: it needs its proxy, whose end comes with its own.
    private const string Build = "while [ ! -e \"$BOB_PROXY_ADDRESS_FILE\" ]; do sleep 0.01; done; " + FakeBob.BuildSucceeds;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Launch_AfterABuild_TakesTheSpareAndGivesItImagesAndCredentials()
    {
        // A spare has its address before it has its order, and then the images that a real build asks it for.
        await using var bob = new FakeBob(build: "[ ! -e \"$TEST/spares\" ] || while [ ! -s \"$TEST/order\" ]; do sleep 0.01; done; " + Build, proxy: Proxy);
        bob.Credentials.Add(new KnownCredentials(("registry.test", RegistryCredential.Basic("user", "password-3"))));
        await using var launcher = bob.NewLauncher(spareLifetime: Lifetime, clock: _clock);
        await BuildAsync(bob, launcher, number: 1);
        await SpareReadyAsync(bob);

        await BuildAsync(bob, launcher, number: 2);

        await bob.SignalAsync("order");
        var order = await File.ReadAllTextAsync(Path.Combine(bob.Folder, "order"));
        order.ShouldContain(FakeBob.Order.BaseRef);
        order.ShouldContain(FakeBob.Order.WorkspaceRef);
        order.ShouldContain(Convert.ToBase64String("user:password-3"u8));
        (await File.ReadAllLinesAsync(Path.Combine(bob.Folder, "own"))).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Launch_SpareThatDied_StartsItsOwn()
    {
        await using var bob = new FakeBob(build: Build, proxy: Proxy.Replace("read -r order", "exit 1", StringComparison.Ordinal));
        await using var launcher = bob.NewLauncher(spareLifetime: Lifetime, clock: _clock);
        await BuildAsync(bob, launcher, number: 1);
        await bob.SignalAsync("spares");
        await bob.NoProcessesAsync();

        await BuildAsync(bob, launcher, number: 2);

        (await File.ReadAllLinesAsync(Path.Combine(bob.Folder, "own"))).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Spare_NotTakenWithinItsLifetime_Ends()
    {
        await using var bob = new FakeBob(build: Build, proxy: Proxy);
        await using var launcher = bob.NewLauncher(spareLifetime: Lifetime, clock: _clock);
        await BuildAsync(bob, launcher, number: 1);
        await SpareReadyAsync(bob);

        _clock.Advance(Lifetime);

        await bob.NoProcessesAsync();
        Directory.EnumerateDirectories(bob.WorkFolder).ShouldBeEmpty();
    }

    /// <summary>Its lifetime ends on a timer, where nobody takes an exception.</summary>
    [SmallDiskFact]
    public async Task Dispose_DiskTakesNoChange_LogsThatTheFolderStays()
    {
        using var disk = new SmallDisk(1 << 20);
        var folder = new AttemptFolder(Path.Combine(disk.Folder, "spare.0123"));
        folder.Create();
        var process = await BuilderProcess.StartAsync(
            ["sleep", "600"],
            new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            folder.Root,
            folder.ProxyLog,
            folder.ProcessId("proxy"),
            group: null,
            input: null,
            endsWithService: false,
            CancellationToken.None);
        await FakeBob.UntilAsync(() => FakeBob.ProcessesIn(folder.Root).Any(found => found.Arguments.StartsWith("sleep", StringComparison.Ordinal)));
        disk.SetReadOnly(true);

        using var log = new LogLines();
        new SpareProxy(folder, process, log).Dispose();

        await FakeBob.UntilAsync(() => FakeBob.ProcessesIn(folder.Root).Count == 0);
        Directory.Exists(folder.Root).ShouldBeTrue();
        log.All.ShouldHaveSingleItem().ShouldStartWith("Warning: The folder of a proxy");
    }

    [Fact]
    public async Task Dispose_WithSpare_LeavesNoProcessAndNoFolder()
    {
        await using var bob = new FakeBob(build: Build, proxy: Proxy);
        var launcher = bob.NewLauncher(spareLifetime: Lifetime, clock: _clock);
        await BuildAsync(bob, launcher, number: 1);
        await SpareReadyAsync(bob);

        await launcher.DisposeAsync();

        await bob.NoProcessesAsync();
        Directory.EnumerateDirectories(bob.WorkFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task NewLauncher_FindsFoldersOfOldSpares_RemovesThem()
    {
        await using var bob = new FakeBob(build: Build, proxy: Proxy);
        var old = Directory.CreateDirectory(Path.Combine(bob.WorkFolder, "spare.0123"));

        await using var launcher = bob.NewLauncher(spareLifetime: Lifetime, clock: _clock);

        old.Refresh();
        old.Exists.ShouldBeFalse();
    }

    private static async Task BuildAsync(FakeBob bob, ProcessLauncher launcher, int number)
    {
        var attempt = await launcher.LaunchAsync(bob.Id with { Number = number }, FakeBob.Order, FakeBob.Secrets, CancellationToken.None);
        (await attempt.Completion.WaitAsync(FakeBob.Patience)).ShouldBe(AttemptOutcome.Success);
        await attempt.RemoveAsync(CancellationToken.None);
        await attempt.DisposeAsync();
    }

    /// <summary>The launcher starts the spare on its own once a build has ended; its lifetime begins when it can be taken.</summary>
    private Task SpareReadyAsync(FakeBob bob) => FakeBob.UntilAsync(() =>
        _clock.ArmedTimers > 0 && Directory.EnumerateDirectories(bob.WorkFolder, "spare.*").Any(spare => File.Exists(Path.Combine(spare, "proxy.address"))));
}

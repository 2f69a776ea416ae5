using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

#pragma warning disable CA1001 // xunit disposes it: IAsyncLifetime
public sealed class RegistryCacheTests() : StagedTests("buildkitd", "buildctl", "runc")
#pragma warning restore CA1001
{
    private readonly TemporaryFolder _storages = new();

    private string Cache => $"{Stage.Registry.Host}/caches:alice";

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _storages.Dispose();
    }

    [NeedsBuildKitFact]
    public async Task Build_StorageIsEmpty_TakesItsStepsFromTheRegistry()
    {
        var dockerfile = $"FROM {Stage.BaseImage} AS maker\nCOPY Dockerfile /\nRUN date +%N > /made\nFROM {Stage.BaseImage}\nCOPY --from=maker /made /\nRUN date +%N > /also\n";
        using var first = await PrepareAsync("one", dockerfile);
        (await first.RunAsync()).ShouldBe(0, first.Log);
        using var second = await PrepareAsync("two", dockerfile);

        (await second.RunAsync()).ShouldBe(0, second.Log);

        second.Log.Split('\n').Count(line => line.EndsWith(" CACHED", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(2, second.Log);
        (await Stage.ConfigAsync(second.Target)).GetProperty("rootfs").ToString().ShouldBe((await Stage.ConfigAsync(first.Target)).GetProperty("rootfs").ToString());
        first.Log.ShouldNotContain("ERROR");
    }

    [NeedsBuildKitFact]
    public async Task Build_AnotherCache_TakesNothingFromIt()
    {
        var dockerfile = $"FROM {Stage.BaseImage}\nRUN date +%N > /made\n";
        using var first = await PrepareAsync("one", dockerfile);
        (await first.RunAsync()).ShouldBe(0, first.Log);
        using var second = await PrepareAsync("two", dockerfile, $"{Stage.Registry.Host}/caches:mallory");

        (await second.RunAsync()).ShouldBe(0, second.Log);

        second.Log.ShouldNotContain("CACHED");
    }

    [NeedsBuildKitFact]
    public async Task Build_StepMountsASecret_KeepsNothing()
    {
        using var attempt = await PrepareAsync("one", $"FROM {Stage.BaseImage}\nRUN --mount=type=secret,id=token cp /run/secrets/token /kept\n");
        _storages.Write("secrets/token", "hunter2");
        attempt.Variables["BOB_SECRETS_FOLDER"] = _storages["secrets"];

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        (await Stage.HasAsync(Cache)).ShouldBeFalse();
    }

    [NeedsBuildKitFact]
    public async Task Build_CacheCannotBeReadOrWritten_IsBuilt()
    {
        using var attempt = await PrepareAsync("one", $"FROM {Stage.BaseImage}\nRUN true\n", "127.0.0.1:9/caches:1");

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        (await Stage.HasAsync(attempt.Target)).ShouldBeTrue();
    }

    [NeedsBuildKitFact]
    public async Task Build_CredentialsInVariables_CacheIsNoSteps()
    {
        // A process of this network, as a step is, that asks who listens for what it is not told.
        using var attempt = await PrepareAsync("one", $"FROM {Stage.BaseImage}\nRUN for port in $(awk '$4 == \"0A\" {{ sub(/.*:/, \"\", $2); print $2 }}' /proc/net/tcp); do wget -q -T 2 -O- http://127.0.0.1:$((0x$port))/v2/cache/manifests/latest && echo served; done; true\n");
        attempt.Variables["BOB_PROXY_KEY_FILE"] = string.Empty;
        attempt.Variables["BOB_BASE_REF"] = attempt.Base;
        attempt.Variables["BOB_TARGET_REF"] = attempt.Target;
        attempt.Variables["BOB_CACHE_REF"] = Cache;
        attempt.Variables["BOB_BASELAYER_AUTH"] = $$$"""{"{{{Stage.Registry.Host}}}":{"auth":"{{{Stage.Registry.Auth}}}"}}""";

        (await attempt.RunAsync()).ShouldBe(0, attempt.Log);

        (await Stage.HasAsync(Cache)).ShouldBeTrue();
        attempt.Log.Split('\n').ShouldNotContain(line => line.EndsWith(" served", StringComparison.Ordinal));
    }

    private async Task<BuildAttempt> PrepareAsync(string storage, string dockerfile, string? cache = null)
    {
        var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = dockerfile }, cache: cache ?? Cache);
        attempt.Variables["BOB_ENGINE"] = "buildkit";
        attempt.Variables["BOB_CACHE_REF"] = attempt.Cache;
        attempt.Variables["BOB_STORAGE_ROOT"] = _storages[storage];
        return attempt;
    }
}

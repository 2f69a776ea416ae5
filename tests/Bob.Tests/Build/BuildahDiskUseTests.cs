using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class BuildahDiskUseTests : IDisposable
{
    private const int Large = 1_000_000;
    private const string Whole = """{"id":"base"}""";
    private const string Damaged = """{"id":"base","flags":{"incomplete":true}}""";

    private readonly TemporaryFolder _folder = new();
    private readonly BuildahDiskUse _use;

    public BuildahDiskUseTests() => _use = new BuildahDiskUse(new BuildahStorage(_folder.Path), _folder["hooks"], []);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Count_StepHasEnded_CountsItsLayerStill()
    {
        Write("ours", "others");
        await _use.CountAsync();
        Write();

        (await _use.CountAsync()).ShouldBeInRange(Large, Large * 3 / 2);
    }

    [Fact]
    public async Task LeaveOutLost_AnotherLayerIsDamaged_CountsWhatHasEnded()
    {
        Write("ours", "others");
        await _use.CountAsync();
        Write();

        _use.LeaveOutLost();

        (await _use.CountAsync()).ShouldBeInRange(Large, Large * 3 / 2);
    }

    [Fact]
    public async Task LeaveOutLost_LayerBelowIsDamaged_LeavesOutWhatWasMadeOnIt()
    {
        Write("ours", "others");
        await _use.CountAsync();
        Write();
        _folder.Write("graph/overlay-layers/layers.json", $"[{Damaged}]");

        _use.LeaveOutLost();

        (await _use.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task LeaveOutLost_StepHasNotEnded_LeavesItOut()
    {
        Write("ours", "others");
        await _use.CountAsync();

        _use.LeaveOutLost();

        (await _use.CountAsync()).ShouldBe(0);
    }

    // The storage's lists, and the large layers of the containers that work: this build's alone mention its hooks.
    private void Write(params string[] containers)
    {
        _folder.Write("graph/overlay-layers/layers.json", $"[{string.Join(',', containers.Select(name => $$"""{"id":"{{name}}","parent":"base"}""").Prepend(Whole))}]");
        _folder.Write(
            "graph/overlay-containers/containers.json",
            $"[{string.Join(',', containers.Select(name => $$"""{"id":"{{name}}","layer":"{{name}}","created":"2026-01-01T00:00:00Z"}"""))}]");
        foreach (var name in containers)
        {
            _folder.Write($"graph/overlay-containers/{name}/userdata/buildah.json", name == "ours" ? $"[\"{_folder["hooks"]}\"]" : "[]");
            _folder.Write($"graph/overlay/{name}/diff/file", new string('x', Large));
        }
    }
}

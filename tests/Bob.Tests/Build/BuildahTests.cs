using System.Diagnostics;
using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Registry.Names;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>What a builder does about what killed ones left in the engine's storage.</summary>
public sealed class BuildahTests : IDisposable
{
    private readonly TemporaryFolder _storage = new();

    private string Builds => Path.Combine(_storage.Path, "builds");

    public void Dispose() => _storage.Dispose();

    [NeedsProgramsFact("buildah", "runc")]
    public async Task Dispose_StepOfAKilledBuilderHadNotEndedBefore_RemovesItsFolder()
    {
        var name = $"buildah{Guid.NewGuid():N}";
        var (membership, parent) = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? ("0::/bob", "/sys/fs/cgroup") : ("1:pids:/", "/sys/fs/cgroup/pids");
        var left = Leave(name, membership);
        var group = Directory.CreateDirectory(Path.Combine(parent, $"buildah-{name}"));
        using var step = Process.Start("sleep", "1000");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(group.FullName, "cgroup.procs"), $"{step.Id}");
            await using (var engine = Create())
            {
                await engine.PrepareAsync(CancellationToken.None);
                Directory.Exists(left).ShouldBeTrue();
                step.Kill();
                await step.WaitForExitAsync();
            }
        }
        finally
        {
            step.Kill();
        }

        Directory.EnumerateFileSystemEntries(Builds).ShouldBeEmpty();
        group.Refresh();
        group.Exists.ShouldBeFalse();
    }

    [NeedsProgramsFact("buildah", "runc")]
    public async Task Prepare_RemovalOfAFolderWasKilledHalfway_RemovesTheRest()
    {
        var left = Leave($"buildah{Guid.NewGuid():N}", membership: null);

        await using var engine = Create();
        await engine.PrepareAsync(CancellationToken.None);

        Directory.Exists(left).ShouldBeFalse();
    }

    private Buildah Create() => new(
        new BuildSettings
        {
            Target = ImageReference.Parse("127.0.0.1:1/target:latest"),
            Base = ImageReference.Parse("127.0.0.1:1/base:latest"),
            StorageRoot = _storage.Path,
        },
        TimeProvider.System);

    private string Leave(string bundle, string? membership)
    {
        var folder = Path.Combine(Builds, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.Combine(folder, "tmp", bundle));
        if (membership is not null)
        {
            File.WriteAllText(Path.Combine(folder, "cgroup"), membership + "\n");
        }

        return folder;
    }
}

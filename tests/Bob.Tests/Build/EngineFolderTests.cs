using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class EngineFolderTests
{
    [Fact]
    public async Task Dispose_FileNamesThatAreNotUtf8_LeavesNothing()
    {
        using var parent = new TemporaryFolder();
        var folder = EngineFolder.Create(parent.Path);
        await Command.CheckAsync("sh", ["-c", "odd=$(printf 'odd\\377'); mkdir \"$odd\"; : >\"$odd/$odd\"; : >\"$odd.\""], folder: folder.Temporary);

        await folder.DisposeAsync();

        Directory.EnumerateFileSystemEntries(parent.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Dispose_LinkToAnotherFolder_LeavesWhatIsThere()
    {
        using var parent = new TemporaryFolder();
        parent.Write("caches/alice/kept", string.Empty);
        var folder = EngineFolder.Create(Directory.CreateDirectory(parent["builds"]).FullName);
        Directory.CreateSymbolicLink(Path.Combine(folder.Temporary, "buildah-cache"), parent["caches/alice"]);

        await folder.DisposeAsync();

        Directory.EnumerateFileSystemEntries(parent["builds"]).ShouldBeEmpty();
        File.Exists(parent["caches/alice/kept"]).ShouldBeTrue();
    }
}

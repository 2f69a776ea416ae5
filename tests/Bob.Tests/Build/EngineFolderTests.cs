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
}

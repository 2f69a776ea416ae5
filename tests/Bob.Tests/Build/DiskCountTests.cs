using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class DiskCountTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // No file system takes a name of 300 characters, so nobody can say what it takes up.
    private string Unreadable => _folder[new string('x', 300)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OfAll_FoldersAndFilesOfSeveralNames_CountsWhatTheyTakeUp()
    {
        await ShellAsync("mkdir -p a/b/c a/d; head -c 100000 /dev/zero >a/b/one; ln a/b/one a/two; truncate -s 1000000000 a/sparse; ln -s /usr a/usr; : >\"$(printf 'a/\\377 1 2\\n3 4')\"");

        var expected = await Command.CheckAsync("du", ["--summarize", "--block-size=1", _folder["a"]]);

        (await DiskCount.OfAllAsync([_folder["a"]])).ShouldBe(long.Parse(expected.Split('\t')[0], CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task OfAll_OneOfThemIsGone_CountsTheOthers()
    {
        var file = _folder.Write("file", new string('x', 100_000));

        (await DiskCount.OfAllAsync([_folder["gone"], file, Path.Combine(file, "below")])).ShouldBeGreaterThanOrEqualTo(100_000);
    }

    [Fact]
    public async Task OfAll_FoldersComeAndGoMeanwhile_CountsTheOthers()
    {
        var file = _folder.Write("file", new string('x', 100_000));
        using var changes = Process.Start("sh", ["-c", $"cd '{_folder.Path}'; while :; do mkdir -p a/b/c/d a/e/f/g; rm -r a; : >a; rm a; done"]);
        try
        {
            for (var count = 0; count < 30; count++)
            {
                (await DiskCount.OfAllAsync([_folder.Path])).ShouldBeGreaterThanOrEqualTo(new FileInfo(file).Length);
            }
        }
        finally
        {
            changes.Kill();
            await changes.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task OfAll_OneOfThemCannotBeRead_IsNoCount() =>
        (await Should.ThrowAsync<IOException>(() => DiskCount.OfAllAsync([_folder.Path, Unreadable]))).Message.ShouldBe("what is on the disk cannot be counted: find ended with 1: File name too long");

    [Fact]
    public async Task OfChanged_OldAndNewFiles_CountsTheNewAlone()
    {
        // The kernel gives both times, so whatever clock it takes for them, what is written until its time has changed is newer.
        var start = new DateTimeOffset(File.GetLastWriteTimeUtc(_folder.Write("old", new string('x', 100_000)))).AddMilliseconds(1);
        while (File.GetLastWriteTimeUtc(_folder.Write("new", new string('x', 5_000))) < start.AddMilliseconds(1))
        {
            // Its tick may last longer.
        }

        File.SetLastWriteTimeUtc(_folder["new"], DateTime.UnixEpoch);

        (await DiskCount.OfChangedAsync(_folder.Path, start)).ShouldBeInRange(5_000, 50_000);
    }

    [Fact]
    public async Task OfChanged_FolderCannotBeRead_IsNoCount() =>
        await Should.ThrowAsync<IOException>(() => DiskCount.OfChangedAsync(Unreadable, DateTimeOffset.UnixEpoch));

    private Task<string> ShellAsync(string script) => Command.CheckAsync("sh", ["-c", $"cd '{_folder.Path}'; {script}"]);
}

using ImageBuilder.Bob.Init;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Init;

public sealed class FolderSizeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Measure_NamesThatAreNotUtf8_AreEnteredAndLinksAreNot()
    {
        await ShellAsync("d=$(printf 'a\\377'); mkdir \"$d\"; head -c 100000 /dev/zero >\"$d/f\"; ln -s /usr \"$d/usr\"");

        var size = FolderSize.Measure(_folder.Path, long.MaxValue, long.MaxValue);

        size.Files.ShouldBe(4);
        size.Bytes.ShouldBeInRange(100_000, 200_000);
        size.IsReadable.ShouldBeTrue();
        FolderSize.Measure(_folder.Path, 10, long.MaxValue).Bytes.ShouldBeGreaterThan(10);
        FolderSize.Measure(_folder.Path, long.MaxValue, 2).Files.ShouldBe(3);
    }

    [Fact]
    public async Task Measure_PathsLongerThanTheKernelTakes_IsNotReadable()
    {
        await ShellAsync("n=$(printf '%0250d' 0); i=0; while [ $i -lt 60 ]; do mkdir $n 1$n 2$n; : >1$n/f; : >2$n/f; cd -P $n; i=$((i+1)); done");

        FolderSize.Measure(_folder.Path, long.MaxValue, long.MaxValue).IsReadable.ShouldBeFalse();
    }

    [Fact]
    public void Measure_NoFolder_IsNothing() => FolderSize.Measure(_folder["missing"], 0, 0).ShouldBe(new FolderSize(0, 0, IsReadable: true));

    private Task<string> ShellAsync(string script) => Command.CheckAsync("sh", ["-c", $"cd '{_folder.Path}'; {script}"]);
}

using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

public sealed class ContextTimesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TryMakeOwn_AnyFile_KeepsItsSecondsAndGetsTheContextsFraction()
    {
        _folder.Write("context/deep/file", "text");
        await Command.CheckAsync("sh", ["-c", "cd \"$0\" && ln deep/file hard && mkfifo pipe && mkdir .hidden && touch .hidden/empty && touch -d @1000 deep/file pipe .hidden/empty", _folder["context"]]);

        ContextTimes.TryMakeOwn(_folder["context"], 6, 1 << 20).ShouldBeTrue();

        var first = await TimesAsync();
        first.Count.ShouldBe(4);
        first.Distinct().ShouldHaveSingleItem().ShouldStartWith("1000.");
        ContextTimes.TryMakeOwn(_folder["context"], 6, 1 << 20).ShouldBeTrue();
        (await TimesAsync()).Distinct().ShouldHaveSingleItem().ShouldNotBe(first[0]);
    }

    [Theory]
    [InlineData("ln -s /etc/passwd link")]
    [InlineData("ln -s /etc link")]
    [InlineData("ln -s nowhere link")]
    [InlineData("touch \"$(printf 'n\\377me')\"")]
    [InlineData("mkdir \"$(printf 'n\\377me')\" && touch \"$(printf 'n\\377me')/file\"")]
    public async Task TryMakeOwn_LinkOrNameThatIsNotUtf8_FalseAndNothingOutsideIsTouched(string make)
    {
        var passwords = File.GetLastWriteTimeUtc("/etc/passwd");
        Directory.CreateDirectory(_folder["context"]);
        await Command.CheckAsync("sh", ["-c", $"cd \"$0\" && {make}", _folder["context"]]);

        ContextTimes.TryMakeOwn(_folder["context"], 6, 1 << 20).ShouldBeFalse();

        File.GetLastWriteTimeUtc("/etc/passwd").ShouldBe(passwords);
    }

    [Fact]
    public void TryMakeOwn_LargerThanMayBe_False()
    {
        _folder.Write("context/one", new string('1', 60));
        _folder.Write("context/two", new string('2', 60));

        ContextTimes.TryMakeOwn(_folder["context"], 2, 119).ShouldBeFalse();
        ContextTimes.TryMakeOwn(_folder["context"], 1, 120).ShouldBeFalse();
        ContextTimes.TryMakeOwn(_folder["context"], 2, 120).ShouldBeTrue();
    }

    [Fact]
    public void TryMakeOwn_FolderIsNotThere_False() => ContextTimes.TryMakeOwn(_folder["none"], 6, 1 << 20).ShouldBeFalse();

    private async Task<List<string>> TimesAsync() =>
        [.. (await Command.CheckAsync("find", [_folder["context"], "!", "-type", "d", "-printf", "%T@\\n"])).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}

using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Tests.Processes;

namespace ImageBuilder.Bob.Tests.Workspaces;

public sealed class WorkspaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/workspace/a/Dockerfile")]
    [InlineData("a/Dockerfile")]
    [InlineData("a/../a/./Dockerfile")]
    public void Resolve_PathInWorkspace_FindsTheFile(string path)
    {
        var file = _folder.Write("a/Dockerfile", "FROM scratch");

        _folder.AsWorkspace().Resolve(path, out var below).ShouldBe(file);
        below.ShouldBe("a/Dockerfile");
    }

    [Fact]
    public void Resolve_AbsolutePathBelowTheRoot_FindsTheFile()
    {
        var file = _folder.Write("Dockerfile", "FROM scratch");

        _folder.AsWorkspace().Resolve(file, out _).ShouldBe(file);
    }

    [Fact]
    public void Resolve_NothingThere_IsNull()
    {
        _folder.AsWorkspace().Resolve("/workspace/none/Dockerfile", out var below).ShouldBeNull();
        below.ShouldBe("none/Dockerfile");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("/workspace/../etc/passwd")]
    [InlineData("/workspaces/Dockerfile")]
    public void Resolve_PathOutside_IsRefused(string path) =>
        Should.Throw<BobException>(() => _folder.AsWorkspace().Resolve(path, out _)).Reason.ShouldBe(FailureReason.ContextUnavailable);

    [Fact]
    public void Resolve_SymbolicLinkOutside_IsRefused()
    {
        File.CreateSymbolicLink(_folder["link"], "/etc");

        Should.Throw<BobException>(() => _folder.AsWorkspace().Resolve("link/passwd", out _));
    }

    [Fact]
    public void Resolve_SymbolicLinkInside_IsFollowed()
    {
        var file = _folder.Write("real/Dockerfile", "FROM scratch");
        File.CreateSymbolicLink(_folder["link"], "real");

        _folder.AsWorkspace().Resolve("link/Dockerfile", out _).ShouldBe(file);
    }

    [Fact]
    public void Write_GitpodFolderIsASymbolicLink_WritesNothingThere()
    {
        using var elsewhere = new TemporaryFolder();
        File.CreateSymbolicLink(_folder[".gitpod"], elsewhere.Path);

        Should.Throw<BobException>(() => _folder.AsWorkspace().Outcomes.Write(Outcome.Success));
        Directory.EnumerateFileSystemEntries(elsewhere.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Write_OutcomeFileIsASymbolicLink_ReplacesTheLink()
    {
        using var elsewhere = new TemporaryFolder();
        var victim = elsewhere.Write("victim", "untouched");
        Directory.CreateDirectory(_folder[".gitpod"]);
        File.CreateSymbolicLink(_folder[".gitpod/outcome.json"], victim);

        _folder.AsWorkspace().Outcomes.Write(Outcome.Success);

        File.ReadAllText(victim).ShouldBe("untouched");
        File.ReadAllText(_folder[".gitpod/outcome.json"]).ShouldContain("\"succeeded\":true");
    }
}

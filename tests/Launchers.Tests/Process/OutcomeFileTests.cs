using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Launchers.Process;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class OutcomeFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("launchers-tests-");

    private string File => Path.Combine(_folder.FullName, "outcome.json");

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"succeeded":"yes"}""")]
    [InlineData("""{"succeeded":false}""")]
    [InlineData("""{"succeeded":false,"reason":"Internal"}""")]
    [InlineData("""{"succeeded":false,"reason":7,"message":"x"}""")]
    [InlineData("""{"succeeded":false,"reason":"Internal","message":[]}""")]
    public void Read_NotAnOutcome_Null(string content)
    {
        System.IO.File.WriteAllText(File, content);

        OutcomeFile.Read(File).ShouldBeNull();
    }

    [Fact]
    public void Read_BytesThatAreNoText_Null()
    {
        System.IO.File.WriteAllBytes(File, [.. """{"succeeded":false,"reason":"Internal","message":" """u8, 0xff, 0xfe, .. "\"}"u8]);

        OutcomeFile.Read(File).ShouldBeNull();
    }

    [Fact]
    public void Read_NestedDeeply_Null()
    {
        System.IO.File.WriteAllText(File, new string('[', 50_000));

        OutcomeFile.Read(File).ShouldBeNull();
    }

    [Fact]
    public void Read_Huge_Null()
    {
        System.IO.File.WriteAllText(File, """{"succeeded":true,"x":" """ + new string('x', 1 << 20) + "\"}");

        OutcomeFile.Read(File).ShouldBeNull();
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/nothing/there")]
    [InlineData("real.json")]
    public void Read_SymbolicLink_Null(string target)
    {
        System.IO.File.WriteAllText(Path.Combine(_folder.FullName, "real.json"), """{"succeeded":true}""");
        System.IO.File.CreateSymbolicLink(File, target);

        OutcomeFile.Read(File).ShouldBeNull();
    }

    [Fact]
    public async Task Read_NamedPipe_NullAtOnce()
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", File);
        await made.WaitForExitAsync();

        (await Task.Run(() => OutcomeFile.Read(File)).WaitAsync(FakeBob.Patience)).ShouldBeNull();
    }

    [Fact]
    public void Read_FolderOrNothing_Null()
    {
        OutcomeFile.Read(File).ShouldBeNull();
        Directory.CreateDirectory(File);

        OutcomeFile.Read(File).ShouldBeNull();
    }

    [Theory]
    [InlineData("NoSuchReason")]
    [InlineData("77")]
    [InlineData("")]
    public void Read_UnknownReason_Internal(string reason)
    {
        System.IO.File.WriteAllText(File, $$"""{"succeeded":false,"reason":"{{reason}}","message":"x"}""");

        OutcomeFile.Read(File).ShouldBe(AttemptOutcome.Failed(FailureReason.Internal, "x"));
    }

    [Fact]
    public void Read_NoMessage_SaysSo()
    {
        System.IO.File.WriteAllText(File, """{"succeeded":false,"reason":"OutOfDisk","message":null}""");

        OutcomeFile.Read(File).ShouldBe(AttemptOutcome.Failed(FailureReason.OutOfDisk, "the builder gave no reason"));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

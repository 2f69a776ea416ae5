using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Tests.Processes;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class KeptFileTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("grüße", false)]
    [InlineData("grüß", true)]
    [InlineData("", true)]
    public void Write_HasIt_IsWrittenWhenItIsAnother(string? before, bool isWritten)
    {
        using var folder = new TemporaryFolder();
        var file = folder["file"];
        if (before is not null)
        {
            File.WriteAllText(file, before);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        KeptFile.Write(file, "grüße");

        File.ReadAllText(file).ShouldBe("grüße");
        (File.GetLastWriteTimeUtc(file) != DateTime.UnixEpoch).ShouldBe(isWritten);
    }
}

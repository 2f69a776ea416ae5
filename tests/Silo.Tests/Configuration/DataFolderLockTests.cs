using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

public sealed class DataFolderLockTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TryTake_FolderThatIsNotThere_MakesItForItsOwnerAlone()
    {
        var data = Path.Combine(_folder.Path, "lib", "data");

        using var taken = DataFolderLock.TryTake(data, out var error);

        taken.ShouldNotBeNull();
        error.ShouldBeNull();
        File.GetUnixFileMode(data).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void TryTake_FolderInUse_SaysSoUntilItIsGivenBack()
    {
        using (DataFolderLock.TryTake(_folder.Path, out _))
        {
            DataFolderLock.TryTake(_folder.Path, out var error).ShouldBeNull();

            error.ShouldNotBeNull().Key.ShouldBe("dataFolder");
            error.Message.ShouldEndWith($"\"{_folder.Path}\" is in use by another imagebuilder-silo");
        }

        using var again = DataFolderLock.TryTake(_folder.Path, out _);
        again.ShouldNotBeNull();
    }

    [Fact]
    public void TryTake_PathBelowAFile_SaysWhy()
    {
        var file = _folder.Write("file", "");

        DataFolderLock.TryTake(Path.Combine(file, "data"), out var error).ShouldBeNull();

        error.ShouldNotBeNull().Message.ShouldContain($"\"{file}/data\" cannot be made");
    }
}

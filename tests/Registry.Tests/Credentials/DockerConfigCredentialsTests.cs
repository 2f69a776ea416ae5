using ImageBuilder.Registry.Credentials;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Credentials;

public sealed class DockerConfigCredentialsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("docker-config-").FullName;

    private readonly ManualTimeProvider _time = new();

    private string File => Path.Combine(_folder, "config.json");

    [Fact]
    public async Task FindAsync_FileChanged_GivesTheNewCredential()
    {
        var source = Source();
        Write("a");
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");

        Write("b");

        (await source.FindAsync("r", default))!.Password.ShouldBe("b");
    }

    [Fact]
    public async Task ListHostsAsync_SeveralSpellings_EachRegistryOnceAndNormalised()
    {
        var source = Source();
        WriteText(
            """{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"docker.io":{"auth":"dTpw"},"R.example:5000":{"auth":"dTpw"},"none":{}}}""");
        (await source.ListHostsAsync(default)).ShouldBe(["docker.io", "r.example:5000"], ignoreOrder: true);

        Write("a");

        (await source.ListHostsAsync(default)).ShouldBe(["r"]);
    }

    [Fact]
    public async Task FindAsync_LinkedFolderSwapped_GivesTheNewCredential()
    {
        // As Kubernetes mounts secrets: config.json -> ..data/config.json, ..data -> a folder that is replaced.
        foreach (var version in new[] { "a", "b" })
        {
            Directory.CreateDirectory(Path.Combine(_folder, version));
            await System.IO.File.WriteAllTextAsync(Path.Combine(_folder, version, "config.json"), Json(version));
        }

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "a");
        System.IO.File.CreateSymbolicLink(File, "..data/config.json");
        var source = Source();
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");

        Directory.Delete(Path.Combine(_folder, "..data"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "b");
        _time.Advance(TimeSpan.FromSeconds(1));

        (await source.FindAsync("r", default))!.Password.ShouldBe("b");
    }

    [Fact]
    public async Task FindAsync_FirstReadFails_Throws()
    {
        var source = Source(_ => { });

        (await Should.ThrowAsync<CredentialsException>(async () => await source.FindAsync("r", default))).Message.ShouldContain(File);
        WriteText("{");
        (await Should.ThrowAsync<CredentialsException>(async () => await source.FindAsync("r", default))).Message.ShouldContain("not JSON");
    }

    [Fact]
    public async Task FindAsync_BadChange_KeepsTheLastGoodOneAndTellsOnce()
    {
        var told = new List<CredentialsException>();
        var source = Source(told.Add);
        Write("a");
        await source.FindAsync("r", default);

        WriteText("{");
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");
        told.Count.ShouldBe(1);

        System.IO.File.Delete(File);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");
        told.Count.ShouldBe(2);

        Write("c");
        (await source.FindAsync("r", default))!.Password.ShouldBe("c");
        told.Count.ShouldBe(2);
    }

    [Fact]
    public async Task FindAsync_BadChangeAndNobodyToTell_Throws()
    {
        var source = Source();
        Write("a");
        await source.FindAsync("r", default);
        WriteText("{");

        await Should.ThrowAsync<CredentialsException>(async () => await source.FindAsync("r", default));
    }

    [Fact]
    public async Task FindAsync_HugeFile_IsNotRead()
    {
        await System.IO.File.WriteAllBytesAsync(File, new byte[(1 << 20) + 1]);

        (await Should.ThrowAsync<CredentialsException>(async () => await Source().FindAsync("r", default))).Message.ShouldContain("larger");
    }

    [Fact]
    public async Task FindAsync_WithinASecond_DoesNotReadTheFileAgain()
    {
        var source = Source();
        Write("a");
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");
        System.IO.File.WriteAllText(File, Json("b"));

        (await source.FindAsync("r", default))!.Password.ShouldBe("a");
        _time.Advance(TimeSpan.FromMilliseconds(999));
        (await source.FindAsync("r", default))!.Password.ShouldBe("a");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await source.FindAsync("r", default))!.Password.ShouldBe("b");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private DockerConfigCredentials Source(Action<CredentialsException>? onReloadFailed = null) => new(File, onReloadFailed, null, _time);

    private void Write(string password) => WriteText(Json(password));

    private void WriteText(string text)
    {
        System.IO.File.WriteAllText(File, text);
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private static string Json(string password) => $$$$"""{"auths":{"r":{"username":"u","password":"{{{{password}}}}"}}}""";
}

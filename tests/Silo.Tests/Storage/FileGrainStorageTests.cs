using System.Collections.Immutable;
using ImageBuilder.Silo.Storage;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Silo.Tests.Storage;

public sealed class FileGrainStorageTests : IDisposable
{
    private static readonly GrainId Build = GrainId.Create("build", "0c9f7d1e");
    private static readonly Step First = new("FROM", new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.FromHours(2)), TimeSpan.FromTicks(12345), long.MaxValue);

    private readonly string _folder = Directory.CreateTempSubdirectory("states-").FullName;
    private readonly FileGrainStorage _storage;

    public FileGrainStorageTests() => _storage = new FileGrainStorage(new FileGrainStorageOptions(_folder));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Read_NothingWritten_IsANewState()
    {
        var state = await ReadAsync(Build);
        state.State.ShouldNotBeNull().Name.ShouldBeNull();
        state.ETag.ShouldBeNull();
        state.RecordExists.ShouldBeFalse();
    }

    [Fact]
    public async Task Read_AfterWrite_IsWhatWasWritten()
    {
        var id = Guid.NewGuid();
        var written = new BuildRecord
        {
            Name = "name with \"quotes\" and ünïcode",
            Phase = BuildPhase.Running,
            Steps = [First, First with { Took = null }],
            Counts = new Dictionary<string, int> { ["a/b"] = 1 }.ToImmutableDictionary(),
            ById = new Dictionary<Guid, Step> { [id] = First }.ToImmutableDictionary(),
            Started = First.At,
            Deadline = TimeSpan.FromMinutes(61.5),
            Id = id,
            Source = new Uri("https://example.org/a?b=c"),
            Last = First,
        };
        await WriteAsync(Build, written);

        var read = (await ReadAsync(Build)).State!;
        read.Name.ShouldBe(written.Name);
        read.Phase.ShouldBe(written.Phase);
        read.Steps.ShouldBe(written.Steps);
        read.Counts.ShouldBe(written.Counts);
        read.ById.ShouldBe(written.ById);
        read.Started.ShouldBe(written.Started);
        read.Started!.Value.Offset.ShouldBe(TimeSpan.FromHours(2));
        read.Deadline.ShouldBe(written.Deadline);
        read.Id.ShouldBe(id);
        read.Source.ShouldBe(written.Source);
        read.Last.ShouldBe(written.Last);
    }

    [Fact]
    public async Task Write_OfReadState_CountsTheVersionOn()
    {
        await WriteAsync(Build, new BuildRecord());
        var state = await ReadAsync(Build);
        state.ETag.ShouldBe("1");
        state.RecordExists.ShouldBeTrue();
        await _storage.WriteStateAsync("build", Build, state);
        state.ETag.ShouldBe("2");
        (await ReadAsync(Build)).ETag.ShouldBe("2");
    }

    [Fact]
    public async Task Write_OfOldVersion_IsInconsistentAndChangesNothing()
    {
        await WriteAsync(Build, new BuildRecord { Name = "first" });
        var old = await ReadAsync(Build);
        var current = await ReadAsync(Build);
        current.State!.Name = "second";
        await _storage.WriteStateAsync("build", Build, current);

        old.State!.Name = "lost";
        var error = await Should.ThrowAsync<InconsistentStateException>(() => _storage.WriteStateAsync("build", Build, old));
        error.StoredEtag.ShouldBe("2");
        error.CurrentEtag.ShouldBe("1");
        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(Build, new BuildRecord()));
        await Should.ThrowAsync<InconsistentStateException>(() => _storage.ClearStateAsync("build", Build, old));
        (await ReadAsync(Build)).State!.Name.ShouldBe("second");
    }

    [Fact]
    public async Task Write_ManyOfOneVersionAtOnce_OneWins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await WriteAsync(Build, new BuildRecord { Name = $"{i}" });
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }));
        outcomes.Count(won => won).ShouldBe(1);
        (await ReadAsync(Build)).ETag.ShouldBe("1");
    }

    [Fact]
    public async Task Write_StateChangedMeanwhile_StoresWhatItWas()
    {
        var state = new GrainState<BuildRecord>(new BuildRecord { Name = "at the call" });
        var write = _storage.WriteStateAsync("build", Build, state);
        state.State!.Name = "after the call";
        await write;
        (await ReadAsync(Build)).State!.Name.ShouldBe("at the call");
    }

    [Fact]
    public async Task Clear_OfState_DeletesItsFile()
    {
        var state = await WriteAsync(Build, new BuildRecord { Name = "x" });
        await _storage.ClearStateAsync("build", Build, state);
        state.RecordExists.ShouldBeFalse();
        state.ETag.ShouldBeNull();
        state.State!.Name.ShouldBeNull();
        Files().ShouldBeEmpty();
        await WriteAsync(Build, new BuildRecord { Name = "again" });
        (await ReadAsync(Build)).State!.Name.ShouldBe("again");
    }

    [Fact]
    public async Task Clear_OfNothing_IsFine()
    {
        await _storage.ClearStateAsync("build", Build, await ReadAsync(Build));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"grain\":\"build/0c9f7d1e\",\"st", "no JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{\"grain\":\"build/another\",\"state\":\"build\",\"version\":1,\"data\":{}}", "not state 'build' of build/0c9f7d1e")]
    [InlineData("{\"grain\":\"build/0c9f7d1e\",\"state\":\"build\",\"data\":{}}", "no version")]
    [InlineData("{\"grain\":\"build/0c9f7d1e\",\"state\":\"build\",\"version\":1}", "no BuildRecord")]
    [InlineData("{\"grain\":\"build/0c9f7d1e\",\"state\":\"build\",\"version\":1,\"data\":null}", "null")]
    [InlineData("{\"grain\":\"build/0c9f7d1e\",\"state\":\"build\",\"version\":1,\"data\":{\"Deadline\":\"soon\"}}", "no BuildRecord")]
    public async Task Read_OfCorruptFile_NamesItAndKeepsIt(string content, string problem)
    {
        await WriteAsync(Build, new BuildRecord());
        var file = Files().ShouldHaveSingleItem();
        await File.WriteAllTextAsync(file, content);

        var error = await Should.ThrowAsync<CorruptGrainStateException>(() => ReadAsync(Build));
        error.Place.ShouldBe(file);
        error.Message.ShouldContain(file);
        error.Message.ShouldContain(problem);
        error.Message.ShouldContain("move it away");
        (await File.ReadAllTextAsync(file)).ShouldBe(content);
    }

    [Fact]
    public async Task SetAside_CorruptFile_IsKeptAndTheGrainStartsAnew()
    {
        await WriteAsync(Build, new BuildRecord());
        var file = Files().ShouldHaveSingleItem();
        await File.WriteAllTextAsync(file, "{");

        var first = await _storage.SetAsideAsync("build", Build);
        await WriteAsync(Build, new BuildRecord());
        var second = await _storage.SetAsideAsync("build", Build);

        (await File.ReadAllTextAsync(first!)).ShouldBe("{");
        (await File.ReadAllTextAsync(second!)).ShouldNotBe("{");
        (await _storage.SetAsideAsync("build", Build)).ShouldBeNull();
        (await _storage.FindAsync("build", Build.Type)).ShouldBeEmpty();
        (await ReadAsync(Build)).RecordExists.ShouldBeFalse();
    }

    [Fact]
    public async Task Find_StoredStates_GivesThoseOfTheTypeReadableOrNot()
    {
        var other = GrainId.Create(Build.Type, "0c9f7d1f");
        await WriteAsync(Build, new BuildRecord());
        await File.WriteAllTextAsync(Files().Single(), "{");
        await WriteAsync(other, new BuildRecord());
        await WriteAsync(GrainId.Create("image", "0c9f7d20"), new BuildRecord());

        (await _storage.FindAsync("build", Build.Type)).ShouldBe([Build, other], ignoreOrder: true);
        (await _storage.FindAsync("other", Build.Type)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_OverCorruptFile_IsRefused()
    {
        await WriteAsync(Build, new BuildRecord());
        await File.WriteAllTextAsync(Files().Single(), "{");
        await Should.ThrowAsync<CorruptGrainStateException>(() => WriteAsync(Build, new BuildRecord()));
        (await File.ReadAllTextAsync(Files().Single())).ShouldBe("{");
    }

    [Fact]
    public async Task Write_AfterACrashBetweenWriteAndRename_Succeeds()
    {
        await WriteAsync(Build, new BuildRecord { Name = "before" });
        var file = Files().Single();
        await File.WriteAllTextAsync(file + ".tmp", "{\"half\":");
        var state = await ReadAsync(Build);
        state.State!.Name.ShouldBe("before");
        state.State.Name = "after";
        await _storage.WriteStateAsync("build", Build, state);
        Files().ShouldBe([file]);
        (await ReadAsync(Build)).State!.Name.ShouldBe("after");
    }

    [Fact]
    public async Task Write_OfState_IsForItsOwnerAlone()
    {
        await WriteAsync(Build, new BuildRecord());
        File.GetUnixFileMode(Files().Single()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("registry.example.org:5000/workspace-images:abc@sha256:0011|linux/amd64")]
    [InlineData("with space\nand\0control")]
    [InlineData("ünïcode/日本語")]
    public async Task Key_OfAnyKind_HasItsOwnFileInTheFolder(string key)
    {
        var grain = GrainId.Create("reference", key);
        await WriteAsync(grain, new BuildRecord { Name = "odd" });
        await WriteAsync(GrainId.Create("reference", key.Replace('/', '_') + "x"), new BuildRecord { Name = "other" });
        (await ReadAsync(grain)).State!.Name.ShouldBe("odd");
        Files().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Key_OfAnyLength_HasAShortFileName()
    {
        var one = GrainId.Create("reference", new string('a', 5000) + "1");
        var other = GrainId.Create("reference", new string('a', 5000) + "2");
        await WriteAsync(one, new BuildRecord { Name = "one" });
        await WriteAsync(other, new BuildRecord { Name = "other" });
        (await ReadAsync(one)).State!.Name.ShouldBe("one");
        (await ReadAsync(other)).State!.Name.ShouldBe("other");
        Files().ShouldAllBe(file => Path.GetFileName(file).Length < 128);
        (await File.ReadAllTextAsync(Files()[0])).ShouldContain(new string('a', 5000));
    }

    [Fact]
    public void Folders_OfHundredThousandKeys_StaySmall()
    {
        var paths = new GrainStatePaths(_folder);
        var largest = Enumerable.Range(0, 100_000)
            .Select(i => Path.GetDirectoryName(paths.PathOf("build", GrainId.Create("build", $"{i:x8}")))!)
            .CountBy(folder => folder)
            .Max(folder => folder.Value);
        largest.ShouldBeLessThan(600);
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories)];

    private async Task<GrainState<BuildRecord>> WriteAsync(GrainId grain, BuildRecord record)
    {
        var state = new GrainState<BuildRecord>(record);
        await _storage.WriteStateAsync("build", grain, state);
        return state;
    }

    private async Task<GrainState<BuildRecord>> ReadAsync(GrainId grain)
    {
        var state = new GrainState<BuildRecord>();
        await new FileGrainStorage(new FileGrainStorageOptions(_folder)).ReadStateAsync("build", grain, state);
        return state;
    }
}

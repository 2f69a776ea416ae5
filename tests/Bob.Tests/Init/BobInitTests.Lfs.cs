using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Init;

/// <summary>Repositories that keep files in LFS.</summary>
public sealed partial class BobInitTests
{
    private const string Attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

    [NeedsProgramsFact("git", "git-lfs")]
    public async Task Init_FilesInLfs_AreWhatGitLfsFetches()
    {
        var store = new LfsStore(_open!);
        await CommitAsync(new()
        {
            ["deep/.gitattributes"] = "*.dat filter=lfs\n",
            ["a.bin"] = store.Put("content of a\n"),
            ["same as a.bin"] = store.Put("content of a\n"),
            ["deep/down/\u00e4.dat"] = store.Put(new string('x', 300_000)),
            ["other.dat"] = store.Put("not in LFS here\n"),
            ["text.bin"] = "no pointer\n",
            ["empty.bin"] = "",
        });

        (await InitOuterAsync()).ShouldBe(0);

        string[] config = ["-c", "filter.lfs.smudge=git-lfs smudge -- %f", "-c", "filter.lfs.process=git-lfs filter-process", "-c", "filter.lfs.required=true"];
        await Command.CheckAsync("git", [.. config, "clone", "--quiet", _open!.Url("outer.git"), _folder["theirs"]]);
        (await Command.RunAsync("diff", ["-r", "--exclude=.git", "--exclude=.gitpod", _folder["theirs"], Workspace])).Output.ShouldBeEmpty();
        Read("same as a.bin").ShouldBe("content of a\n");
        Read("deep/down/\u00e4.dat").Length.ShouldBe(300_000);
        Directory.Exists(Path.Combine(Workspace, ".git/bob-lfs")).ShouldBeFalse();
        store.Requests.ShouldContain(request => request.Path.StartsWith("/lfs-objects/", StringComparison.Ordinal) && request.Ticket == "7");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_FilesInLfsOfASubmodule_AreFetchedToo()
    {
        var store = new LfsStore(_open!);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n") }, "sample.git");
        _second = await Command.CheckAsync("git", ["-C", _folder["git/sample.git"], "rev-parse", "main"]);
        await AddSubmoduleAsync("../sample.git");

        (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode.ShouldBe(0);

        Read("sub/a.bin").ShouldBe("content of a\n");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_LfsBehindALogin_LoginGoesToTheRepositorysServerAloneAndLeavesNoTrace()
    {
        await using var other = await RedirectingServer.StartAsync(_ => null);
        var store = new LfsStore(_closed!);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n") });
        var (user, password) = (Login.Split(':')[0], Login.Split(':')[1]);
        var initializer = $$"""{"authMethod":"Basic","authUser":"{{user}}","authPassword":"{{password}}"}""";
        Task<(int ExitCode, string Output)> RunAsync() => InitAllAsync(_closed!, initializer, url => url.Replace("sample", "outer", StringComparison.Ordinal));

        var (exitCode, output) = await RunAsync();

        exitCode.ShouldBe(0, output);
        Read("a.bin").ShouldBe("content of a\n");
        output.ShouldNotContain(password);
        (await TraceAsync(password)).ShouldBeEmpty();

        Directory.Delete(Workspace, recursive: true);
        store.Describe = _ => Download(other.Url + "/elsewhere");
        (await RunAsync()).ExitCode.ShouldBe(1);
        other.Requests.ShouldBe([("/elsewhere", "")]);
        Outcome().Message.ShouldContain("file \"a.bin\" is kept in LFS and cannot be had: the LFS server does not have it");
    }

    [NeedsProgramsTheory("git")]
    [InlineData("http://169.254.169.254/latest", "169.254.169.254, which is not used")]
    [InlineData("file:///etc/passwd", "transport that is not allowed")]
    [InlineData("/relative", "transport that is not allowed")]
    [InlineData("", "answer cannot be read")]
    public async Task Init_LfsServerSendsToThisMachine_IsRefused(string address, string reason)
    {
        var store = new LfsStore(_open!);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n") });
        store.Describe = _ => Download(address);

        (await InitOuterAsync()).ShouldBe(1);

        Outcome().Reason.ShouldBe("ContextUnavailable");
        Outcome().Message.ShouldContain(reason);
        Directory.EnumerateFileSystemEntries(Workspace).Select(Path.GetFileName).ShouldBe([".gitpod"]);
    }

    [NeedsProgramsTheory("git")]
    [InlineData("other content")]
    [InlineData("content of a\nand more")]
    [InlineData("")]
    public async Task Init_LfsServerSendsOtherContent_IsRefused(string content)
    {
        var store = new LfsStore(_open!);
        var pointer = store.Put("content of a\n");
        store.Replace(pointer, content);
        await CommitAsync(new() { ["a.bin"] = pointer });

        (await InitOuterAsync()).ShouldBe(1);

        Outcome().Message.ShouldContain("what the server sends is not what the repository says");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_LfsObjectIsMissing_NamesTheFile()
    {
        _ = new LfsStore(_open!);
        await CommitAsync(new() { ["folder/a.bin"] = LfsStore.Pointer(new string('a', 64), 5) });

        (await InitOuterAsync()).ShouldBe(1);

        Outcome().Message.ShouldContain("file \"folder/a.bin\" is kept in LFS and cannot be had: the LFS server does not have it");
    }

    [NeedsProgramsTheory("git")]
    [InlineData("url = http://169.254.169.254/lfs")]
    [InlineData("url = file:///etc")]
    [InlineData("url = ssh://-oProxyCommand=touch%20MARKER/x")]
    [InlineData("url = http://127.0.0.1:9/lfs\n\tconcurrenttransfers = 1\n[lfs \"customtransfer.evil\"]\n\tpath = touch\n\targs = MARKER")]
    public async Task Init_HostileLfsConfig_LeadsNowhereAndRunsNothing(string settings)
    {
        var store = new LfsStore(_open!);
        settings = settings.Replace("MARKER", _folder["marker"], StringComparison.Ordinal);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n"), [".lfsconfig"] = $"[lfs]\n\t{settings}\n" });

        (await InitOuterAsync()).ShouldBe(0);

        Read("a.bin").ShouldBe("content of a\n");
        File.Exists(_folder["marker"]).ShouldBeFalse();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_LfsConfigNamesTheRepositorysServer_IsFollowed()
    {
        var store = new LfsStore(_open!);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n"), [".lfsconfig"] = $"[lfs]\n\turl = {_open!.Url("media.git/info/lfs")}\n[include]\n\tpath = /etc/passwd\n" });

        (await InitOuterAsync()).ShouldBe(0);

        Read("a.bin").ShouldBe("content of a\n");
        store.Requests.ShouldContain(request => request.Path == "/media.git/info/lfs/objects/batch");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_FilesInLfsPastTheLimit_AreGivenUp()
    {
        var store = new LfsStore(_open!);
        await CommitAsync(new() { ["a.bin"] = store.Put(new string('x', 2_000_000)) });

        (await LimitedAsync(_open!.Url("outer.git"), ("BOB_CONTEXT_SIZE_LIMIT", "1000000"))).ExitCode.ShouldBe(1);

        Outcome().Message.ShouldContain("larger than 1000000 bytes");
    }

    [NeedsProgramsFact("git", "sshd", "ssh-agent", "ssh-keygen")]
    public async Task Init_LfsOfARepositoryOverSsh_IsFetchedFromWhereItsServerSays()
    {
        await using var other = await RedirectingServer.StartAsync(_ => null);
        await using var server = await SshServer.StartAsync(_folder["ssh"]);
        var store = new LfsStore(_open!);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n") }, "it's.git");
        var asked = Authenticate(server, $$"""{"href":"{{_open!.Url("media.git/info/lfs")}}","header":{"Authorization":"RemoteAuth hunter2"} }""");

        (await InitOverSshAsync(server, "it's.git")).ShouldBe(0);

        Read("a.bin").ShouldBe("content of a\n");
        (await File.ReadAllTextAsync(asked)).ShouldBe($"{_folder["git/it's.git"]} download\n");
        store.Requests.Select(request => (request.Path, request.Authorization)).First().ShouldBe(("/media.git/info/lfs/objects/batch", "RemoteAuth hunter2"));
        (await TraceAsync("hunter2")).ShouldBeEmpty();

        // What opens the server is no other's.
        Directory.Delete(Workspace, recursive: true);
        store.Describe = _ => Download(other.Url + "/elsewhere");
        (await InitOverSshAsync(server, "it's.git")).ShouldBe(1);
        other.Requests.ShouldBe([("/elsewhere", "")]);
    }

    [NeedsProgramsTheory("git", "sshd", "ssh-agent", "ssh-keygen")]
    [InlineData(null, "its ssh server does not say where (git-lfs-authenticate ended with 127); name it by https")]
    [InlineData("no JSON", "what its ssh server says of where cannot be read")]
    [InlineData("""{"href":7}""", "what its ssh server says of where cannot be read")]
    [InlineData("""{"href":"file:///etc/passwd"}""", "a transport that is not allowed")]
    [InlineData("""{"href":"http://169.254.169.254/latest"}""", "169.254.169.254, which is not used")]
    public async Task Init_SshServerSaysNothingOfUseForLfs_IsRefused(string? answer, string reason)
    {
        await using var server = await SshServer.StartAsync(_folder["ssh"]);
        var store = new LfsStore(_open!);
        await CommitAsync(new() { ["a.bin"] = store.Put("content of a\n") });
        if (answer is not null)
        {
            Authenticate(server, answer);
        }

        (await InitOverSshAsync(server, "outer.git")).ShouldBe(1);

        Outcome().Reason.ShouldBe("ContextUnavailable");
        Outcome().Message.ShouldContain(reason);
    }

    /// <summary>Has the server answer so, and gives the file in which it notes what it is asked.</summary>
    private string Authenticate(SshServer server, string answer)
    {
        var asked = _folder["asked"];
        var program = Path.Combine(server.Programs, "git-lfs-authenticate");
        File.WriteAllText(program, $"#!/bin/sh\necho \"$@\" >'{asked}'\ncat <<'END'\n{answer}\nEND\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return asked;
    }

    private async Task<int> InitOverSshAsync(SshServer server, string repository) => (await Processes.Bob.RunAsync(
        "init",
        new JsonObject { ["git"] = new JsonObject { ["remoteUri"] = server.Url(_folder[$"git/{repository}"]) } }.ToJsonString(),
        ("BOB_WORKSPACE", Workspace), ("SSH_AUTH_SOCK", server.AgentSocket), ("BOB_SSH_KNOWN_HOSTS", server.KnownHosts))).ExitCode;

    private static JsonObject Download(string address) => new() { ["actions"] = new JsonObject { ["download"] = new JsonObject { ["href"] = address } } };

    private async Task CommitAsync(Dictionary<string, string> files, string name = "outer.git")
    {
        var repository = await GitRepository.CreateAsync(_folder[$"git/{name}"]);
        await repository.CommitAsync(new Dictionary<string, string>(files) { [".gitattributes"] = Attributes });
    }

    private async Task<int> InitOuterAsync() => (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode;
}

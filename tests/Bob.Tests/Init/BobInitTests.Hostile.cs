using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Init;

/// <summary>Repositories that were made to get at the machine.</summary>
public sealed partial class BobInitTests
{
    [NeedsProgramsTheory("git")]
    [InlineData("url = ext::sh -c 'touch MARKER'", "the address of submodule \"sub\" cannot be used")]
    [InlineData("url = ext::touch%20MARKER", "transport that is not allowed")]
    [InlineData("url = /FOLDER/git/sample.git", "transport that is not allowed")]
    [InlineData("url = git://127.0.0.1/sample.git", "transport that is not allowed")]
    [InlineData("url = --upload-pack=touch MARKER", "No url found for submodule path 'sub'")]
    [InlineData("url = ssh://-oProxyCommand=touch%20MARKER/x", "the address of submodule \"sub\" cannot be used")]
    [InlineData("url = http://169.254.169.254/latest", "169.254.169.254, which is not used")]
    [InlineData("url = http://0xa9fea9fe/latest", "169.254.169.254, which is not used")]
    [InlineData("url = http://[fe80::1]/latest", "which is not used")]
    [InlineData("url = OPEN/sample.git\n\tupdate = !touch MARKER", "invalid value for 'submodule.sub.update'")]
    public async Task Init_HostileSubmodule_IsRefusedAndNothingRuns(string settings, string reason)
    {
        var marker = _folder["marker"];
        settings = settings.Replace("MARKER", marker, StringComparison.Ordinal)
            .Replace("/FOLDER", _folder.Path, StringComparison.Ordinal)
            .Replace("OPEN", $"http://127.0.0.1:{_open!.Port}", StringComparison.Ordinal);

        (await InitOuterAsync($"[submodule \"sub\"]\n\tpath = sub\n\t{settings}\n")).ShouldBe(1);

        Outcome().Reason.ShouldBe("ContextUnavailable");
        Outcome().Message.ShouldContain(reason);
        File.Exists(marker).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(Workspace).Select(Path.GetFileName).ShouldBe([".gitpod"]);
    }

    [NeedsProgramsTheory("git")]
    [InlineData("../../escape", "sub")]
    [InlineData("sub", "-sub")]
    public async Task Init_SubmoduleWhoseNameOrPathIsNone_IsRefused(string name, string path)
    {
        (await InitOuterAsync($"[submodule \"{name}\"]\n\tpath = {path}\n\turl = http://127.0.0.1:{_open!.Port}/sample.git\n", path)).ShouldBe(1);

        Outcome().Reason.ShouldBe("ContextUnavailable");
        Directory.EnumerateFileSystemEntries(Workspace).Select(Path.GetFileName).ShouldBe([".gitpod"]);
        Directory.EnumerateDirectories(_folder.Path, "escape*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [NeedsProgramsTheory("git")]
    [InlineData("http://localhost:PORT/sample.git")]
    [InlineData("http://joe:p%40ss@localhost:PORT/sample.git")]
    [InlineData("../sample.git")]
    public async Task Init_SubmoduleByNameOrRelativeAddress_IsFetched(string url)
    {
        await AddSubmoduleAsync(url.Replace("PORT", $"{_open!.Port}", StringComparison.Ordinal));

        (await InitAllAsync(_open!, "{}", address => address.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode.ShouldBe(0);

        Read("sub/Dockerfile").ShouldBe("FROM two");
    }

    [NeedsProgramsTheory("git")]
    [InlineData("FOLDER/victim")]
    [InlineData("../../victim")]
    [InlineData("link/victim")]
    [InlineData(".")]
    public async Task Init_SubmoduleWithASecondPathOutside_TouchesNothingThere(string path)
    {
        var store = new LfsStore(_open!);
        var victim = _folder["victim"];
        await Command.CheckAsync("git", ["init", "--quiet", $"--separate-git-dir={_folder["victims"]}", victim]);
        _folder.Write("victim/.gitattributes", Attributes);
        var pointer = File.ReadAllText(_folder.Write("victim/a.bin", store.Put("content of a\n")));
        await Command.CheckAsync("git", ["-C", victim, "add", "."]);
        path = path.Replace("FOLDER", _folder.Path, StringComparison.Ordinal);
        var outer = await GitRepository.CreateAsync(_folder["git/outer.git"]);
        var modules = $"[submodule \"sub\"]\n\tpath = sub\n\turl = ../sample.git\n\tpath = {path}\n[submodule \"sub\"]\n\tpath = sub\n";
        await outer.CommitAsync(new Dictionary<string, string> { [".gitmodules"] = modules }, links: new Dictionary<string, string> { ["link"] = _folder.Path });
        await AddEntryAsync(outer, $"160000 commit {_second}\tsub");

        (await InitOuterAsync()).ShouldBe(0, File.Exists(Path.Combine(Workspace, ".gitpod/outcome.json")) ? Outcome().Message : "");

        File.ReadAllText(Path.Combine(victim, "a.bin")).ShouldBe(pointer);
        store.Requests.ShouldBeEmpty();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_HugeListOfSubmodules_IsRefused()
    {
        (await InitOuterAsync(new string('#', 1 << 20) + "\n")).ShouldBe(1);

        Outcome().Message.ShouldContain(".gitmodules must be a file of at most 1048576 bytes");
    }

    [NeedsProgramsTheory("git")]
    [InlineData(10, 0)]
    [InlineData(11, 1)]
    public async Task Init_SubmodulesInOneAnother_AreFetchedToABound(int depth, int exitCode)
    {
        var commit = _second;
        for (var level = 1; level <= depth; level++)
        {
            var repository = await GitRepository.CreateAsync(_folder[$"git/level{level}.git"]);
            var inner = level == 1 ? "sample" : $"level{level - 1}";
            await repository.CommitAsync(new Dictionary<string, string> { [".gitmodules"] = $"[submodule \"sub\"]\n\tpath = sub\n\turl = ../{inner}.git\n" });
            await AddEntryAsync(repository, $"160000 commit {commit}\tsub");
            commit = await Command.CheckAsync("git", ["-C", repository.Folder, "rev-parse", "main"]);
        }

        (await InitAllAsync(_open!, "{}", url => url.Replace("sample", $"level{depth}", StringComparison.Ordinal))).ExitCode.ShouldBe(exitCode);

        if (exitCode == 0)
        {
            Read(string.Concat(Enumerable.Repeat("sub/", depth)) + "Dockerfile").ShouldBe("FROM two");
        }
        else
        {
            Outcome().Message.ShouldContain("more than 10 deep");
        }
    }

    [NeedsProgramsFact("git")]
    public async Task Init_RepositoryAndSubmoduleThatMoved_AreFollowedWithoutTheLogin()
    {
        await using var moved = await RedirectingServer.StartAsync(path => $"http://127.0.0.1:{_open!.Port}{path.Replace("/old-", "/", StringComparison.Ordinal)}");
        await AddSubmoduleAsync($"{moved.Url}/old-sample.git");

        var (exitCode, output) = await InitAllAsync(_open!, """{"authMethod":"Basic","authUser":"joe","authPassword":"gitsecret-6c1f"}""", _ => $"{moved.Url}/old-outer.git");

        exitCode.ShouldBe(0, output);
        Read("sub/Dockerfile").ShouldBe("FROM two");
        moved.Requests.ShouldContain(request => request.Path.StartsWith("/old-sample.git/info/refs", StringComparison.Ordinal));
        moved.Requests.ShouldAllBe(request => request.Authorization.Length == 0);
        (await TraceAsync("gitsecret")).ShouldBeEmpty();
    }

    [NeedsProgramsTheory("git")]
    [InlineData("http://169.254.169.254/latest", "169.254.169.254, which is not used")]
    [InlineData("file:///etc/passwd", "transport that is not allowed")]
    [InlineData("/elsewhere", "redirects to something that is no repository")]
    public async Task Init_RedirectThatIsNotFollowed_SaysWhy(string location, string reason)
    {
        await using var server = await RedirectingServer.StartAsync(path => path.StartsWith("/elsewhere", StringComparison.Ordinal) ? null : location);

        (await InitAllAsync(_open!, "{}", _ => server.Url + "/a.git")).ExitCode.ShouldBe(1);
        Outcome().Message.ShouldContain(reason);

        await AddSubmoduleAsync(server.Url + "/a.git");
        (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode.ShouldBe(1);
        Outcome().Message.ShouldContain(reason);
    }

    [NeedsProgramsFact("git")]
    public async Task Init_RepositoryBringsAGitFolder_IsRefused()
    {
        var repository = await GitRepository.CreateAsync(_folder["git/outer.git"]);
        await repository.CommitAsync(new Dictionary<string, string> { ["hooks/post-checkout"] = $"#!/bin/sh\ntouch {_folder["marker"]}\n" });
        var hooks = await Command.CheckAsync("git", ["-C", repository.Folder, "rev-parse", "main:hooks"]);
        var folder = await Command.CheckAsync("git", ["-C", repository.Folder, "mktree"], $"040000 tree {hooks}\thooks\n");
        await AddEntryAsync(repository, $"040000 tree {folder}\t.git");

        var (exitCode, output) = await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal));

        exitCode.ShouldBe(1);
        output.ShouldContain("invalid path '.git/hooks/post-checkout'");
        File.Exists(_folder["marker"]).ShouldBeFalse();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_RepositoryBringsHooksAndSettings_NoneOfThemCounts()
    {
        var (marker, config) = (_folder["marker"], $"[core]\n\tbare = true\n\tfsmonitor = touch {_folder["marker"]}\n\thooksPath = .githooks\n");
        var repository = await GitRepository.CreateAsync(_folder["git/outer.git"]);
        await repository.CommitAsync(new Dictionary<string, string>
        {
            [".githooks/post-checkout"] = $"#!/bin/sh\ntouch {marker}\n",
            [".gitconfig"] = config,
            [".gitattributes"] = "* filter=evil diff=evil merge=evil\n",
            // A bare repository, as git would find it.
            ["HEAD"] = "ref: refs/heads/main\n", ["config"] = config, ["objects/x"] = "", ["refs/x"] = "",
            ["sub/HEAD"] = "ref: refs/heads/main\n", ["sub/config"] = config, ["sub/objects/x"] = "", ["sub/refs/x"] = "",
        });

        (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode.ShouldBe(0);

        File.Exists(marker).ShouldBeFalse();
        Read("sub/config").ShouldBe(config);
        (await Command.CheckAsync("git", ["config", "--file", Path.Combine(Workspace, ".git/config"), "--list"])).ShouldNotContain(marker);
    }

    private async Task<int> InitOuterAsync(string submodules, string path = "sub")
    {
        var outer = await GitRepository.CreateAsync(_folder["git/outer.git"]);
        await outer.CommitAsync(new Dictionary<string, string> { [".gitmodules"] = submodules });
        await AddEntryAsync(outer, $"160000 commit {_second}\t{path}");
        return (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode;
    }
}

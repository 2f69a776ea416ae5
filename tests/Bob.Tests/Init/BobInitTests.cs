using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Init;

#pragma warning disable CA1001 // xunit disposes it: IAsyncLifetime
public sealed partial class BobInitTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Login = "joe:gitsecret-6c1f";

    private readonly TemporaryFolder _folder = new();
    private GitServer? _open;
    private GitServer? _closed;
    private string _first = string.Empty;
    private string _second = string.Empty;

    private string Workspace => _folder["workspace"];

    public async Task InitializeAsync()
    {
        if (!MachinePrograms.Exists("git"))
        {
            return;
        }

        var repository = await GitRepository.CreateAsync(_folder["git/sample.git"]);
        _first = await repository.CommitAsync(new Dictionary<string, string> { ["Dockerfile"] = "FROM one", [".gitpod/ready"] = "not so fast", [".gitpod/kept"] = "kept" });
        _second = await repository.CommitAsync(new Dictionary<string, string> { ["Dockerfile"] = "FROM two" });
        await repository.CommitAsync(new Dictionary<string, string> { ["Dockerfile"] = "FROM side" }, branch: "side");
        _open = await GitServer.StartAsync([_folder["git"]]);
        _closed = await GitServer.StartAsync([_folder["git"]], requiredLogin: Login);
    }

    public async Task DisposeAsync()
    {
        await (_open?.DisposeAsync() ?? default);
        await (_closed?.DisposeAsync() ?? default);
        _folder.Dispose();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_RemoteHead_FetchesOnlyTheLastCommit()
    {
        (await InitAsync(_open!, "{}")).ShouldBe(0);

        Read("Dockerfile").ShouldBe("FROM two");
        (await GitAsync("rev-list", "--count", "HEAD")).ShouldBe("1");
        (await GitAsync("branch", "--show-current")).ShouldBe("main");
        (await GitAsync("status", "--porcelain", "--", "Dockerfile")).ShouldBeEmpty();
        File.Exists(Path.Combine(Workspace, ".gitpod/ready")).ShouldBeTrue();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_FullClone_FetchesAllOfTheHistory()
    {
        (await InitAsync(_open!, """{"fullClone":true}""")).ShouldBe(0);

        (await GitAsync("rev-list", "--count", "HEAD")).ShouldBe("2");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_RemoteBranch_ChecksItOut()
    {
        (await InitAsync(_open!, """{"targetMode":"RemoteBranch","cloneTarget":"side"}""")).ShouldBe(0);

        Read("Dockerfile").ShouldBe("FROM side");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_LocalBranch_IsNewAtTheRemotesHead()
    {
        (await InitAsync(_open!, """{"targetMode":"LocalBranch","cloneTarget":"mine"}""")).ShouldBe(0);

        Read("Dockerfile").ShouldBe("FROM two");
        (await GitAsync("branch", "--show-current")).ShouldBe("mine");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_CommitThatServersDoNotAdvertise_IsFound()
    {
        (await InitAsync(_open!, $$"""{"targetMode":"RemoteCommit","cloneTarget":"{{_first}}"}""")).ShouldBe(0);

        Read("Dockerfile").ShouldBe("FROM one");
        (await GitAsync("rev-parse", "HEAD")).ShouldBe(_first);
    }

    [NeedsProgramsFact("git")]
    public async Task Init_CommitOfABranch_IsFetchedAlone()
    {
        (await InitAsync(_open!, $$"""{"targetMode":"RemoteCommit","cloneTarget":"{{_second}}"}""")).ShouldBe(0);

        (await GitAsync("rev-list", "--count", "HEAD")).ShouldBe("1");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_RepositoryHasAReadyFile_ItDoesNotCount()
    {
        (await InitAsync(_open!, $$"""{"targetMode":"RemoteCommit","cloneTarget":"{{_first}}"}""")).ShouldBe(0);

        Read(".gitpod/ready").ShouldBeEmpty();
        Read(".gitpod/kept").ShouldBe("kept");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_CheckoutLocation_ReceivesTheRepository()
    {
        (await InitAsync(_open!, """{"checkoutLocation":"a/b"}""")).ShouldBe(0);

        Read("a/b/Dockerfile").ShouldBe("FROM two");
        File.Exists(Path.Combine(Workspace, ".gitpod/ready")).ShouldBeTrue();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_SameCommitTwice_GivesTheSameFiles()
    {
        (await InitAsync(_open!, "{}")).ShouldBe(0);
        Directory.Move(Workspace, _folder["earlier"]);
        (await InitAsync(_open!, "{}")).ShouldBe(0);

        (await Command.RunAsync("diff", ["-r", _folder["earlier"], Workspace])).Output.ShouldBeEmpty();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_BasicLogin_OpensTheRepositoryAndLeavesNoTrace()
    {
        var (user, password) = (Login.Split(':')[0], Login.Split(':')[1]);
        var (exitCode, output) = await InitAllAsync(_closed!, $$"""{"authMethod":"Basic","authUser":"{{user}}","authPassword":"{{password}}"}""");

        exitCode.ShouldBe(0);
        output.ShouldNotContain(password);
        (await TraceAsync(password)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Init_GitShowsTheLogin_NeitherOutputNorFailureDoes()
    {
        const string Password = "gitsecret-6c1f";
        var git = _folder.Write("bin/git", $"#!/bin/sh\necho 'trace: joe:{Password}'\nprintf 'fatal: oops gitsec' >&2\nsleep 0.1\necho 'ret-6c1f' >&2\nexit 1\n");
        File.SetUnixFileMode(git, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var result = await Processes.Bob.RunAsync(
            "init",
            $$$"""{"git":{"remoteUri":"https://git.test/a.git","authMethod":"Basic","authUser":"joe","authPassword":"{{{Password}}}"}}""",
            ("BOB_WORKSPACE", Workspace),
            ("PATH", $"{Path.GetDirectoryName(git)}:{Environment.GetEnvironmentVariable("PATH")}"));

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldBe("trace: joe:\nfatal: oops \n");
        Outcome().Message.ShouldEndWith("git failed: fatal: oops");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_LoginInTheAddress_LeavesNoTrace()
    {
        var (exitCode, output) = await InitAllAsync(_closed!, "{}", url => url.Replace("http://", $"http://{Login}@", StringComparison.Ordinal));

        exitCode.ShouldBe(0);
        output.ShouldNotContain("gitsecret");
        (await TraceAsync("gitsecret")).ShouldBeEmpty();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_OneTimeSecret_IsFetchedOnce()
    {
        await using var secrets = await OneTimeSecretServer.StartAsync(Login);

        (await InitAsync(_closed!, $$"""{"authMethod":"BasicOts","authOts":"{{secrets.Url}}"}""")).ShouldBe(0);

        secrets.Requests.ShouldBe(1);
    }

    [NeedsProgramsFact("git")]
    public async Task Init_OneTimeSecretIsUsed_SaysSoWithoutItsAddress()
    {
        await using var secrets = await OneTimeSecretServer.StartAsync(Login);
        using var client = new HttpClient();
        await client.GetStringAsync(secrets.Url);

        (await InitAsync(_closed!, $$"""{"authMethod":"BasicOts","authOts":"{{secrets.Url}}"}""")).ShouldBe(1);

        Outcome().Message.ShouldContain("one-time secret");
        Outcome().Message.ShouldNotContain(secrets.Url.AbsolutePath);
    }

    [NeedsProgramsFact("git")]
    public async Task Init_NoLogin_SaysAccessDenied()
    {
        (await InitAsync(_closed!, "{}")).ShouldBe(1);

        Outcome().ShouldBe(("ContextUnavailable", Outcome().Message));
        Outcome().Message.ShouldContain("access denied");
        File.Exists(Path.Combine(Workspace, ".gitpod/ready")).ShouldBeFalse();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_NoSuchRepository_SaysNotFound()
    {
        (await InitAllAsync(_open!, "{}", url => url + "x")).ExitCode.ShouldBe(1);

        Outcome().Message.ShouldContain("repository not found");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_NoServer_SaysUnreachable()
    {
        (await InitAllAsync(_open!, "{}", _ => $"http://127.0.0.1:{FreePort.Choose()}/x.git")).ExitCode.ShouldBe(1);

        Outcome().Message.ShouldContain("repository unreachable");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_NoSuchBranch_NamesIt()
    {
        (await InitAsync(_open!, """{"targetMode":"RemoteBranch","cloneTarget":"nope"}""")).ShouldBe(1);

        Outcome().Message.ShouldContain("branch \"nope\" not found");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_NoSuchCommit_NamesIt()
    {
        var commit = new string('0', 39) + "1";
        (await InitAsync(_open!, $$"""{"targetMode":"RemoteCommit","cloneTarget":"{{commit}}"}""")).ShouldBe(1);

        Outcome().Message.ShouldContain($"commit \"{commit}\" not found");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_BranchThatLooksLikeAnOption_IsRefused()
    {
        (await InitAsync(_open!, """{"targetMode":"RemoteBranch","cloneTarget":"--upload-pack=id"}""")).ShouldBe(1);

        Outcome().Message.ShouldContain("no valid name");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_SettingThatRunsAProgram_IsIgnored()
    {
        var marker = _folder["ran"];
        (await InitAsync(_open!, $$"""{"customConfig":{"core.fsmonitor":"touch {{marker}}","core.sshCommand":"touch {{marker}}","core.autocrlf":"false"} }""")).ShouldBe(0);

        File.Exists(marker).ShouldBeFalse();
    }

    [NeedsProgramsFact("git")]
    public async Task Init_Submodule_ComesAlongAndGetsNoLoginOfAnotherServer()
    {
        await AddSubmoduleAsync($"http://127.0.0.1:{_open!.Port}/sample.git");
        (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode.ShouldBe(0);

        Read("sub/Dockerfile").ShouldBe("FROM two");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_SubmoduleOfTheMachinesFiles_IsRefused()
    {
        await AddSubmoduleAsync("file://" + _folder["git/sample.git"]);
        (await InitAllAsync(_open!, "{}", url => url.Replace("sample", "outer", StringComparison.Ordinal))).ExitCode.ShouldBe(1);

        Outcome().Message.ShouldContain("transport that is not allowed");
    }

    [NeedsProgramsTheory("git")]
    [InlineData("BOB_CONTEXT_SIZE_LIMIT", "300000", "larger than 300000 bytes")]
    [InlineData("BOB_CONTEXT_FILES_LIMIT", "50", "more than 50 files")]
    public async Task Init_ContextPastALimit_SaysWhichAndLeavesNothing(string variable, string limit, string reason)
    {
        await AddLargeAsync();

        (await LimitedAsync(_open!.Url("large.git"), (variable, limit))).ExitCode.ShouldBe(1);

        Outcome().Reason.ShouldBe("ContextUnavailable");
        Outcome().Message.ShouldContain(reason);
        Outcome().Message.ShouldContain(variable);
        Directory.EnumerateFileSystemEntries(Workspace).Select(Path.GetFileName).ShouldBe([".gitpod"]);
    }

    [NeedsProgramsFact("git")]
    public async Task Init_ContextPastALimitWhileGitRuns_EndsGit()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await AddSubmoduleAsync($"http://{silent.LocalEndpoint}/sub.git");

        var running = LimitedAsync(_open!.Url("outer.git"), ("BOB_CONTEXT_FILES_LIMIT", "200"));
        using var connection = await silent.AcceptSocketAsync();
        for (var number = 0; number < 200; number++)
        {
            _folder.Write($"many/{number}", string.Empty);
        }

        // Git waits for its answer; the folder that it fills grows past the limit meanwhile.
        Directory.Move(_folder["many"], Path.Combine(Directory.EnumerateDirectories(Workspace, ".bob-*").Single(), "many"));
        (await running).ExitCode.ShouldBe(1);

        Outcome().Message.ShouldContain("more than 200 files");
        await using var stream = new NetworkStream(connection);
        (await new StreamReader(stream).ReadToEndAsync()).ShouldStartWith("GET /sub.git/info/refs");
    }

    [NeedsProgramsFact("git")]
    public async Task Init_ContextBelowItsLimits_IsFetched()
    {
        await AddLargeAsync();

        (await LimitedAsync(_open!.Url("large.git"), ("BOB_CONTEXT_SIZE_LIMIT", "2000000"), ("BOB_CONTEXT_FILES_LIMIT", "200"))).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("BOB_CONTEXT_SIZE_LIMIT", "0")]
    [InlineData("BOB_CONTEXT_SIZE_LIMIT", "10G")]
    [InlineData("BOB_CONTEXT_FILES_LIMIT", "-1")]
    public async Task Init_LimitThatIsNone_IsAUsageError(string variable, string limit)
    {
        var result = await LimitedAsync("http://127.0.0.1:1/a.git", (variable, limit));

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldStartWith(variable);
    }

    [NeedsProgramsFact("git")]
    public async Task Init_ServerOfAPrivateAuthority_IsTrustedByItsBundleAlone()
    {
        using var authority = PrivateAuthority.Create(_folder["authority"]);
        using var other = PrivateAuthority.Create(_folder["other"]);
        using var certificate = authority.Issue("git");
        await using var server = await GitServer.StartAsync([_folder["git"]], certificate: certificate);
        var input = new JsonObject { ["git"] = new JsonObject { ["remoteUri"] = server.Url("sample.git") } }.ToJsonString();
        var variables = new Dictionary<string, string> { ["BOB_WORKSPACE"] = Workspace, ["TMPDIR"] = Directory.CreateDirectory(_folder["tmp"]).FullName };
        Task<CommandResult> RunAsync(params string[] bundles) =>
            Command.RunAsync(Processes.Bob.Path, ["init", .. bundles.SelectMany(bundle => (string[])["--ca-bundle", bundle])], input, variables);

        (await RunAsync()).ExitCode.ShouldBe(1);
        Outcome().Message.ShouldContain("certificate");
        (await RunAsync(other.CertificateFile)).ExitCode.ShouldBe(1);
        (await RunAsync("missing.pem")).Errors.ShouldContain("missing.pem");
        (await RunAsync(other.CertificateFile, authority.CertificateFile)).ShouldBe(new CommandResult(string.Empty, string.Empty));

        Read("Dockerfile").ShouldBe("FROM two");
        Directory.EnumerateFiles(_folder["tmp"], "ca-*").ShouldBeEmpty();
    }

    [NeedsProgramsFact("git", "sshd", "ssh-agent", "ssh-keygen")]
    public async Task Init_Ssh_FetchesFromKnownHostsAlone()
    {
        await using var server = await SshServer.StartAsync(_folder["ssh"]);
        Task<CommandResult> RunAsync(params (string, string)[] more) => Processes.Bob.RunAsync(
            "init",
            new JsonObject { ["git"] = new JsonObject { ["remoteUri"] = server.Url(_folder["git/sample.git"]) } }.ToJsonString(),
            [("BOB_WORKSPACE", Workspace), ("SSH_AUTH_SOCK", server.AgentSocket), .. more]);

        (await RunAsync()).ExitCode.ShouldBe(1);
        Outcome().Message.ShouldContain("ssh_known_hosts");
        (await RunAsync(("BOB_SSH_KNOWN_HOSTS", "/a b"))).ExitCode.ShouldBe(2);
        (await RunAsync(("BOB_SSH_KNOWN_HOSTS", server.KnownHosts))).ExitCode.ShouldBe(0);

        Read("Dockerfile").ShouldBe("FROM two");
    }

    [Fact]
    public async Task Init_Empty_IsReadyAtOnce()
    {
        (await Processes.Bob.RunAsync("init", """{"empty":{}}""", ("BOB_WORKSPACE", Workspace))).ExitCode.ShouldBe(0);

        File.Exists(Path.Combine(Workspace, ".gitpod/ready")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"git":{"authPassword":["hunter2"]}}""")]
    [InlineData("""{"git":{},"empty":{}}""")]
    public async Task Init_NoInitializer_IsAUsageError(string input)
    {
        var result = await Processes.Bob.RunAsync("init", input, ("BOB_WORKSPACE", Workspace));

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldStartWith("stdin: ");
        result.Errors.ShouldNotContain("hunter2");
    }

    private async Task<int> InitAsync(GitServer server, string git) => (await InitAllAsync(server, git)).ExitCode;

    private async Task<(int ExitCode, string Output)> InitAllAsync(GitServer server, string git, Func<string, string>? change = null)
    {
        var initializer = JsonNode.Parse(git)!.AsObject();
        var url = server.Url("sample.git");
        initializer["remoteUri"] = change is null ? url : change(url);
        var result = await Processes.Bob.RunAsync("init", new JsonObject { ["git"] = initializer }.ToJsonString(), ("BOB_WORKSPACE", Workspace));
        return (result.ExitCode, result.Output + result.Errors);
    }

    private Task<CommandResult> LimitedAsync(string url, params (string Name, string Value)[] limits) => Processes.Bob.RunAsync(
        "init", new JsonObject { ["git"] = new JsonObject { ["remoteUri"] = url } }.ToJsonString(), [("BOB_WORKSPACE", Workspace), .. limits]);

    private async Task AddLargeAsync()
    {
        var large = await GitRepository.CreateAsync(_folder["git/large.git"]);
        await large.CommitAsync(Enumerable.Range(0, 100).ToDictionary(number => $"folder/{number}", number => new string((char)('0' + (number % 10)), 5000)));
    }

    private async Task AddSubmoduleAsync(string url)
    {
        var outer = await GitRepository.CreateAsync(_folder["git/outer.git"]);
        await outer.CommitAsync(new Dictionary<string, string> { [".gitmodules"] = $"[submodule \"sub\"]\n\tpath = sub\n\turl = {url}\n" });
        await AddEntryAsync(outer, $"160000 commit {_second}\tsub");
    }

    private static async Task AddEntryAsync(GitRepository repository, string entry)
    {
        Task<string> GitAsync(string[] arguments, string input = "") => Command.CheckAsync("git", ["-C", repository.Folder, "-c", "user.name=a", "-c", "user.email=a@b", .. arguments], input);
        var tree = await GitAsync(["mktree"], $"{await GitAsync(["ls-tree", "main"])}\n{entry}\n");
        await GitAsync(["update-ref", "refs/heads/main", await GitAsync(["commit-tree", tree, "-m", "entry"])]);
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(Workspace, name));

    private (string Reason, string Message) Outcome()
    {
        using var outcome = JsonDocument.Parse(Read(".gitpod/outcome.json"));
        return (outcome.RootElement.GetProperty("reason").GetString()!, outcome.RootElement.GetProperty("message").GetString()!);
    }

    private Task<string> GitAsync(params string[] arguments) => Command.CheckAsync("git", ["-C", Workspace, .. arguments]);

    private async Task<string> TraceAsync(string secret) => (await Command.RunAsync("grep", ["-r", "-l", secret, Workspace])).Output;
}

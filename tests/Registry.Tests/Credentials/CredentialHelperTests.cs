using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Credentials;

public sealed class CredentialHelperTests : IDisposable
{
    private const string Secret = "s3cr3t";
    private const string Good = """echo "{\"ServerURL\":\"$host\",\"Username\":\"anna\",\"Secret\":\"s3cr3t\"}" """;
    private const string None = "echo 'credentials not found in native keychain'; exit 1";

    private readonly HelperFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task FindAsync_RegistrysOwnHelper_IsAskedForItsHost()
    {
        _folder.Add("good", Good);
        _folder.Configure("""{"credHelpers":{"r.test:5000":"good"}}""");

        (await FindAsync("R.test:5000")).ShouldBe(RegistryCredential.Basic("anna", Secret));
        (await FindAsync("other.test")).ShouldBeNull();

        _folder.Calls().ShouldBe(["good get r.test:5000"]);
    }

    [Theory]
    [InlineData("docker.io", "docker.io")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("index.docker.io", "registry-1.docker.io")]
    public async Task FindAsync_DockerHub_GoesToTheHelperAsDockerCallsIt(string key, string host)
    {
        _folder.Add("good", Good);
        _folder.Configure($$$"""{"credHelpers":{"{{{key}}}":"good"}}""");

        (await FindAsync(host)).ShouldNotBeNull();

        _folder.Calls().ShouldBe(["good get https://index.docker.io/v1/"]);
    }

    [Fact]
    public async Task FindAsync_TokenUser_IsAnIdentityToken()
    {
        _folder.Add("token", """echo '{"ServerURL":"r","Username":"<token>","Secret":"refresh"}'""");
        _folder.Configure("""{"credsStore":"token"}""");

        (await FindAsync("r.test")).ShouldBe(new RegistryCredential { IdentityToken = "refresh" });
    }

    [Fact]
    public async Task FindAsync_AllThreePlaces_HelperThenStoreThenFile()
    {
        _folder.Add("own", """[ $host = a.test ] && echo '{"Username":"own","Secret":"1"}' || { echo 'credentials not found in native keychain'; exit 1; }""");
        _folder.Add("store", """[ $host = c.test ] && { echo 'credentials not found in native keychain'; exit 1; } || echo '{"Username":"store","Secret":"2"}'""");
        _folder.Configure(
            """
            {"credHelpers":{"a.test":"own","b.test":"own","c.test":"own"},"credsStore":"store",
             "auths":{"a.test":{"username":"file","password":"3"},"b.test":{"username":"file","password":"3"},"c.test":{"username":"file","password":"3"}}}
            """);

        (await FindAsync("a.test"))!.Username.ShouldBe("own");
        (await FindAsync("b.test"))!.Username.ShouldBe("store");
        (await FindAsync("c.test"))!.Username.ShouldBe("file");
        (await FindAsync("d.test"))!.Username.ShouldBe("store");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"ServerURL":"","Username":"","Secret":""}""")]
    public async Task FindAsync_EmptyAnswer_IsNone(string answer)
    {
        _folder.Add("empty", $"echo '{answer}'");
        _folder.Configure("""{"credsStore":"empty"}""");

        (await FindAsync("r.test")).ShouldBeNull();
    }

    [Fact]
    public async Task FindAsync_NotFound_IsNoneAndKeptShortly()
    {
        _folder.Add("none", None);
        _folder.Configure("""{"credsStore":"none"}""");
        var source = Source();

        (await source.FindAsync("r.test", default)).ShouldBeNull();
        (await source.FindAsync("r.test", default)).ShouldBeNull();
        _folder.Calls().Length.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(10));
        (await source.FindAsync("r.test", default)).ShouldBeNull();
        _folder.Calls().Length.ShouldBe(2);
    }

    [Fact]
    public async Task FindAsync_TenThousandCallers_OneProcess()
    {
        _folder.Add("good", Good);
        _folder.Configure("""{"credsStore":"good"}""");
        var source = Source();

        var found = await Task.Run(() => Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => source.FindAsync("r.test", default).AsTask())));

        found.Count(credential => credential!.Password == Secret).ShouldBe(10_000);
        _folder.Calls().ShouldBe(["good get r.test"]);
        _time.Advance(TimeSpan.FromSeconds(59));
        await source.FindAsync("r.test", default);
        _folder.Calls().Length.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await source.FindAsync("r.test", default);
        _folder.Calls().Length.ShouldBe(2);
    }

    [Fact]
    public async Task FindAsync_ManyHosts_NoMoreThanTheMaximumAtATime()
    {
        _folder.Add("count", """mkdir $here/$host; ls -d $here/*.test | wc -l >> $here/running; rmdir $here/$host; echo '{"Username":"u","Secret":"p"}'""");
        _folder.Configure("""{"credsStore":"count"}""");
        var source = Source(new() { MaximumProcesses = 2 });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => source.FindAsync($"{n}.test", default).AsTask()));

        var running = (await File.ReadAllLinesAsync(_folder.File("running"))).Select(int.Parse).ToList();
        running.Count.ShouldBe(20);
        running.ShouldAllBe(count => count <= 2);
    }

    [Fact]
    public async Task FindAsync_FileChanged_ForgetsWhatHelpersSaid()
    {
        _folder.Add("good", Good);
        _folder.Configure("""{"credsStore":"good"}""");
        var source = Source();
        await source.FindAsync("r.test", default);

        _folder.Configure("""{"credsStore":"good" }""");
        _time.Advance(TimeSpan.FromSeconds(1));
        await source.FindAsync("r.test", default);

        _folder.Calls().Length.ShouldBe(2);
    }

    [Fact]
    public async Task ListHostsAsync_Store_IsAskedAndJoinedWithTheFile()
    {
        _folder.Add("store", """echo '{"https://index.docker.io/v1/":"anna","https://s.test":"anna","not a host":"x"}'""");
        _folder.Configure("""{"credsStore":"store","credHelpers":{"h.test":"other"},"auths":{"a.test":{"auth":"dTpw"},"s.test":{}}}""");
        var source = Source();

        (await source.ListHostsAsync(default)).ShouldBe(["a.test", "docker.io", "h.test", "s.test"], ignoreOrder: true);
        await source.ListHostsAsync(default);

        _folder.Calls().ShouldBe(["store list unused"]);
    }

    [Fact]
    public async Task FindAsync_Fails_NamesHelperAndHostAndShowsNoOutput()
    {
        _folder.Add("loud", "echo s3cr3t; echo s3cr3t >&2; exit 3");
        _folder.Configure("""{"credHelpers":{"r.test":"loud"}}""");
        var source = Source();

        var error = await Should.ThrowAsync<CredentialsException>(async () => await source.FindAsync("r.test", default));

        error.Message.ShouldBe("cannot get the credential for registry r.test from docker-credential-loud: it ended with exit code 3; its output is not shown, since it may hold a secret; run it by hand to see why");
        error.ToString().ShouldNotContain(Secret);
        (await Should.ThrowAsync<CredentialsException>(async () => await source.FindAsync("r.test", default))).Message.ShouldBe(error.Message);
        _folder.Calls().Length.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(10));
        await Should.ThrowAsync<CredentialsException>(async () => await source.FindAsync("r.test", default));
        _folder.Calls().Length.ShouldBe(2);
    }

    [Fact]
    public async Task FindAsync_OneHelperFails_OtherRegistriesAreNotTouched()
    {
        _folder.Add("loud", "exit 3");
        _folder.Configure("""{"credHelpers":{"r.test":"loud"},"auths":{"a.test":{"auth":"dTpw"}}}""");

        (await FindAsync("a.test")).ShouldBe(RegistryCredential.Basic("u", "p"));
    }

    [Theory]
    [InlineData("""echo '{"Username":"u","Secret":s3cr3t'""")]
    [InlineData("""echo '["s3cr3t"]'""")]
    [InlineData("""echo '{"Username":"u","Secret":["s3cr3t"]}'""")]
    [InlineData("echo s3cr3t")]
    [InlineData("true")]
    public async Task FindAsync_NotTheProtocol_SaysSoAndShowsNothing(string script)
    {
        _folder.Add("wrong", script);
        _folder.Configure("""{"credsStore":"wrong"}""");

        var error = await Should.ThrowAsync<CredentialsException>(FindAsync("r.test"));

        error.Message.ShouldBe("cannot get the credential for registry r.test from docker-credential-wrong: its answer is not JSON as docker-credential helpers write it");
        error.ToString().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("ecr-login", "the package amazon-ecr-credential-helper")]
    [InlineData("mine", "the program docker-credential-mine")]
    public async Task FindAsync_HelperMissing_SaysWhatToInstall(string name, string package)
    {
        _folder.Configure($$"""{"credsStore":"{{name}}"}""");

        (await Should.ThrowAsync<CredentialsException>(FindAsync("r.test"))).Message.ShouldBe(
            $"cannot get the credential for registry r.test from docker-credential-{name}: docker-credential-{name} is not in PATH; install {package}, or take the helper out of the docker config");
    }

    [Fact]
    public async Task FindAsync_HelperIsNoProgram_IsAFailure()
    {
        await File.WriteAllTextAsync(_folder.File("docker-credential-text"), "text");
        File.SetUnixFileMode(_folder.File("docker-credential-text"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _folder.Configure("""{"credsStore":"text"}""");

        await Should.ThrowAsync<CredentialsException>(FindAsync("r.test"));
    }

    [Fact]
    public async Task FindAsync_EndlessOutput_IsCutShort()
    {
        _folder.Add("endless", "echo $$ > $here/pid; exec cat /dev/zero");
        _folder.Configure("""{"credsStore":"endless"}""");

        (await Should.ThrowAsync<CredentialsException>(FindAsync("r.test"))).Message.ShouldEndWith("the helper writes more than 1048576 bytes");

        await ShouldEndAsync("pid");
    }

    [Fact]
    public async Task FindAsync_EndlessErrors_IsKilledInTime()
    {
        _folder.Add("endless", "echo $$ > $here/pid.new; mv $here/pid.new $here/pid; exec cat /dev/zero >&2");
        _folder.Configure("""{"credsStore":"endless"}""");

        var finding = FindAsync("r.test");
        await _folder.AppearAsync("pid");
        _time.Advance(TimeSpan.FromSeconds(10));

        (await Should.ThrowAsync<CredentialsException>(finding)).Message.ShouldEndWith("the helper did not end within 10 s");
        await ShouldEndAsync("pid");
    }

    [Fact]
    public async Task FindAsync_Slow_IsKilledInTimeWithItsChildren()
    {
        _folder.Add("slow", "sleep 1000 & echo $! > $here/child; echo $$ > $here/pid.new; mv $here/pid.new $here/pid; wait");
        _folder.Configure("""{"credsStore":"slow"}""");

        var finding = FindAsync("r.test");
        await _folder.AppearAsync("pid");
        finding.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(10));

        (await Should.ThrowAsync<CredentialsException>(finding)).Message.ShouldBe(
            "cannot get the credential for registry r.test from docker-credential-slow: the helper did not end within 10 s");
        await ShouldEndAsync("pid");
        await ShouldEndAsync("child");
    }

    [Fact]
    public async Task FindAsync_ChildKeepsTheOutputOpen_TheAnswerCountsAndTheChildIsGone()
    {
        _folder.Add("forks", "sleep 1000 & echo $! > $here/child; " + Good);
        _folder.Configure("""{"credsStore":"forks"}""");

        (await FindAsync("r.test"))!.Password.ShouldBe(Secret);

        await ShouldEndAsync("child");
    }

    [Fact]
    public async Task FindAsync_ChildOfAnotherSessionKeepsTheOutputOpen_FailsInTime()
    {
        _folder.Add("daemon", "setsid sh -c 'echo $$ > '$here'/child.new; mv '$here'/child.new '$here'/child; exec sleep 1000' & while [ ! -e $here/child ]; do :; done; " + Good);
        _folder.Configure("""{"credsStore":"daemon"}""");

        var finding = FindAsync("r.test");
        var child = int.Parse(await _folder.AppearAsync("child"), CultureInfo.InvariantCulture);
        try
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Should.ThrowAsync<CredentialsException>(finding.WaitAsync(TimeSpan.FromSeconds(60)));
        }
        finally
        {
            Process.GetProcessById(child).Kill();
        }
    }

    [Fact]
    public async Task FindAsync_CallerGivesUp_TheOthersGetTheAnswer()
    {
        _folder.Add("waits", "touch $here/started; while [ ! -e $here/go ]; do :; done; " + Good);
        _folder.Configure("""{"credsStore":"waits"}""");
        var source = Source();
        using var impatience = new CancellationTokenSource();
        var first = source.FindAsync("r.test", impatience.Token).AsTask();
        var second = source.FindAsync("r.test", default).AsTask();
        await _folder.AppearAsync("started");

        await impatience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(first);
        await File.WriteAllTextAsync(_folder.File("go"), string.Empty);
        (await second)!.Password.ShouldBe(Secret);
        _folder.Calls().Length.ShouldBe(1);
    }

    [Fact]
    public async Task FindAsync_HostThatIsNone_IsNotPassedOn()
    {
        _folder.Add("good", Good);
        _folder.Configure("""{"credsStore":"good"}""");

        (await FindAsync("evil\nhost")).ShouldBeNull();
        (await FindAsync(new string('a', 1000))).ShouldBeNull();
        (await FindAsync("--help me")).ShouldBeNull();

        _folder.Calls().ShouldBeEmpty();
    }

    [Fact]
    public void Of_Environment_WhatHelpersNeedAndNothingElse()
    {
        var own = new System.Collections.Hashtable
        {
            ["PATH"] = "1", ["HOME"] = "2", ["AWS_PROFILE"] = "3", ["GOOGLE_APPLICATION_CREDENTIALS"] = "4", ["HTTPS_PROXY"] = "5",
            ["POSTGRES_PASSWORD"] = Secret, ["LD_PRELOAD"] = Secret, ["BOB_AUTH_KEY"] = Secret, ["WORKSPACEKIT_BOBPROXY_AUTH"] = Secret, ["MYAWS_KEY"] = Secret,
        };

        CredentialHelperEnvironment.Of(own).Select(variable => variable.Value).Order().ShouldBe(["1", "2", "3", "4", "5"]);
    }

    public void Dispose() => _folder.Dispose();

    private DockerConfigCredentials Source(CredentialHelperOptions? options = null) =>
        new(_folder.Config, null, (options ?? new()) with { SearchPath = _folder.SearchPath }, _time);

    private Task<RegistryCredential?> FindAsync(string host) => Source().FindAsync(host, default).AsTask();

    private static async Task<char> StateAsync(string id)
    {
        try
        {
            return (await File.ReadAllTextAsync($"/proc/{id}/stat")).Split(") ")[^1][0];
        }
        catch (IOException)
        {
            // It is gone, perhaps since a moment ago.
            return 'X';
        }
    }

    private async Task ShouldEndAsync(string pidFile)
    {
        var id = (await File.ReadAllTextAsync(_folder.File(pidFile))).Trim();
        var patience = Stopwatch.StartNew();
        while (await StateAsync(id) is not ('Z' or 'X'))
        {
            patience.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
            await Task.Delay(5);
        }
    }
}

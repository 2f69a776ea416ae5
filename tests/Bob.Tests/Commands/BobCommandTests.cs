using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Bob.Tests.Commands;

public sealed class BobCommandTests
{
    [Fact]
    public async Task Help_Always_NamesVerbsAndExitCodes()
    {
        var result = await Command.RunAsync(Processes.Bob.Path, ["--help"]);

        result.ExitCode.ShouldBe(0);
        foreach (var word in new[] { "init", "build", "proxy", "daemon", "Exit codes", "0 ", "1 ", "2 " })
        {
            result.Output.ShouldContain(word);
        }
    }

    [Fact]
    public async Task ProxyHelp_CredentialsInTheEnvironment_DoesNotShowThem()
    {
        var result = await Command.RunAsync(
            Processes.Bob.Path, ["proxy", "--help"], variables: new Dictionary<string, string> { ["WORKSPACEKIT_BOBPROXY_AUTH"] = "hunter2" });

        result.Output.ShouldContain("--credentials-stdin");
        result.Output.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("build", "--fast")]
    [InlineData("proxy", "--listen", "nowhere")]
    [InlineData("proxy", "--target-ref", "UPPER/CASE")]
    [InlineData("proxy", "--auth", "not json")]
    [InlineData("proxy", "--mirror", "docker.io")]
    [InlineData("proxy", "--mirror", "=mirror")]
    [InlineData("proxy", "--ca-bundle", "/missing.pem")]
    [InlineData("init", "--ca-bundle")]
    [InlineData("daemon")]
    public async Task Run_WrongArguments_IsAUsageError(params string[] arguments)
    {
        var result = await Command.RunAsync(Processes.Bob.Path, arguments);

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldNotBeEmpty();
    }
}

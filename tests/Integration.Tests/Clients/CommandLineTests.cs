using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Clients;

/// <summary>The client command, as a shell runs it: its output is not a terminal.</summary>
[Collection(SharedService.Name)]
public sealed class CommandLineTests(RunningService service)
{
    private static readonly string s_program = Path.Combine(Path.GetDirectoryName(ServiceProcess.Program)!, "../../Cli", Path.GetFileName(Path.GetDirectoryName(ServiceProcess.Program)!), "imagebuilder");

    [ServiceFact]
    public async Task Build_GoodDockerfile_ShowsTheLogAndEndsWithZero()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\nRUN echo sho''wn\n");

        var result = await RunAsync("build", "--git", request.Source.File.Source.Git.RemoteUri, "--branch", "main", "--allow-all");

        result.ExitCode.ShouldBe(0, result.Output + result.Errors);
        result.Output.ShouldContain("shown");
        result.Output.Trim().Split('\n')[^1].ShouldStartWith($"done {service.Surroundings.Registry.Host}/workspace-images:");
    }

    [ServiceFact]
    public async Task Build_FailingStep_EndsWithOneAndSaysWhy()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\nRUN ls /nothing-here\n");

        var result = await RunAsync("build", "--git", request.Source.File.Source.Git.RemoteUri, "--allow-all");

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("failed build failed:");
    }

    [ServiceFact]
    public async Task Build_AuthFile_OpensTheRegistry()
    {
        var result = await RunAsync("resolve", "base", service.Surroundings.BaseImage, "--auth-file", service.Surroundings.Registry.AuthFile);

        result.ExitCode.ShouldBe(0, result.Errors);
        result.Output.ShouldContain("@sha256:");
    }

    [ServiceFact]
    public async Task Logs_FinishedBuild_PrintsIt()
    {
        var (last, log) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN echo something\n"));

        var result = await RunAsync("logs", last.Ref);

        result.ExitCode.ShouldBe(0, result.Errors);
        result.Output.ShouldBe(log);
    }

    [ServiceFact]
    public async Task List_NoBuilds_PrintsNothing()
    {
        var result = await RunAsync("list");

        result.ExitCode.ShouldBe(0, result.Errors);
        result.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Build_WithoutSource_EndsWithTwo()
    {
        var result = await Command.RunAsync(s_program, ["build"]);

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldContain("--git");
    }

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        Command.RunAsync(s_program, [.. arguments, "--address", service.Process.Address], cancellationToken: RunningService.Deadline);
}

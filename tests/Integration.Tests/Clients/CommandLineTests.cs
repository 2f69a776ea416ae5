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
    public async Task Build_Extras_AreTakenAndShown()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@ AS wanted\nARG WHAT\nRUN echo sho''wn $WHAT\nFROM wanted\nRUN false\n");
        string[] build = ["build", "--git", request.Source.File.Source.Git.RemoteUri, "--allow-all", "--stage", "wanted"];

        var result = await RunAsync([.. build, "--build-arg", "WHAT=a=b", "--label", "one=1", "--platform", "linux/amd64", "--no-cache"]);
        var again = await RunAsync([.. build, "--build-arg", "WHAT=a=b", "--label", "one=1", "--platform", "linux/amd64"]);
        var image = again.Output.Split(' ')[1];
        var shown = await RunAsync("builds", "get", image);

        result.ExitCode.ShouldBe(0, result.Output + result.Errors);
        result.Output.ShouldContain("shown a=b");
        again.Output.Trim().ShouldBe(result.Output.Trim().Split('\n')[^1]);
        foreach (var line in new[] { "build argument:  WHAT=a=b", "label:           one=1", "stage:           wanted", "platform:        linux/amd64", "cache:           off" })
        {
            shown.Output.Split('\n').ShouldContain(line);
        }
    }

    [Fact]
    public async Task Build_ArgumentWithoutValue_EndsWithTwo()
    {
        var result = await Command.RunAsync(s_program, ["build", "--ref", "a", "--build-arg", "WHAT"]);

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldContain("--build-arg is NAME=VALUE, not \"WHAT\"");
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

    [ServiceFact]
    public async Task Builds_FinishedBuild_EveryVerbShowsIt()
    {
        var (last, log) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN echo some''thing\n"));
        var id = last.Info.BuildId;

        var shown = await RunAsync("builds", "get", last.Ref);
        var watched = await RunAsync("builds", "watch", id, "--after", "3");
        var whole = await RunAsync("builds", "log", last.Ref, "--follow");
        var rest = await RunAsync("builds", "log", id, "--offset", "5");
        var cancelled = await RunAsync("builds", "cancel", id);
        var pinned = await RunAsync("builds", "pin", id);
        var listed = await RunAsync("builds", "list", "--ref", last.Ref, "--status", "succeeded", "--from", "2020-01-01T00:00Z");
        var none = await RunAsync("builds", "list", "--ref", last.Ref, "--status", "timed-out", "--status", "failed", "--reason", "out-of-disk");
        var free = await RunAsync("builds", "unpin", last.Ref);
        var queue = await RunAsync("builds", "queue");

        foreach (var result in new[] { shown, watched, whole, rest, cancelled, pinned, listed, none, free, queue })
        {
            result.ExitCode.ShouldBe(0, result.Errors);
        }

        shown.Output.ShouldContain("status:          succeeded");
        shown.Output.ShouldContain(id);
        watched.Output.Trim().Split('\n').Length.ShouldBe(2);
        whole.Output.ShouldBe(log);
        rest.Output.ShouldBe(log[5..]);
        cancelled.Output.ShouldContain("succeeded");
        listed.Output.Trim().Split('\t')[..2].ShouldBe([id, "succeeded (pinned)"]);
        none.Output.ShouldBeEmpty();
    }

    [ServiceFact]
    public async Task Builds_FailedOrUnknownBuild_EndsWithOne()
    {
        var (last, _) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN ls /nothing-here\n"));

        var watched = await RunAsync("builds", "watch", last.Ref);
        var unknown = await RunAsync("builds", "get", Guid.NewGuid().ToString());

        watched.ExitCode.ShouldBe(1);
        watched.Output.ShouldContain("failed: build-step-failed: build failed:");
        unknown.ExitCode.ShouldBe(1);
        unknown.Errors.ShouldContain("build not found");
    }

    [Fact]
    public async Task BuildsList_WrongStatus_EndsWithTwo()
    {
        var result = await Command.RunAsync(s_program, ["builds", "list", "--status", "nearly"]);

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldContain("nearly");
    }

    [Fact]
    public async Task Build_WithoutSource_EndsWithTwo()
    {
        var result = await Command.RunAsync(s_program, ["build"]);

        result.ExitCode.ShouldBe(2);
        result.Errors.ShouldContain("--git");
    }

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        Command.RunAsync(s_program, [.. arguments, "--address", service.Service.Address], cancellationToken: RunningService.Deadline);
}

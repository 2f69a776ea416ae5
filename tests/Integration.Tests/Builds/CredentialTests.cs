using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Integration.Tests.Builds;

[Collection(SharedService.Name)]
public sealed class CredentialTests(RunningService service)
{
    [ServiceFact]
    public async Task Build_StepThatHuntsForCredentials_FindsNone()
    {
        var needles = service.Gate.Add();
        needles.Open($"{service.Surroundings.Registry.Password}\n{service.Surroundings.Registry.Auth}\n");
        var request = await service.CreateRequestAsync(
            $$"""
            FROM @BASE@
            COPY . /context
            RUN {{needles.Wait}} > /tmp/needles && wc -l < /tmp/needles | sed 's/^/needles: /'
            RUN env | grep -q -F -f /tmp/needles && echo LEA''KED by my environment; \
                for process in /proc/[0-9]*; do for file in environ cmdline; do \
                  tr '\0' '\n' < $process/$file 2>/dev/null | grep -q -F -f /tmp/needles && echo LEA''KED by $process/$file; \
                done; done; \
                find / -xdev -type f ! -path /tmp/needles -exec grep -l -F -f /tmp/needles {} + | sed 's/^/LEA''KED by /'; \
                for root in /proc/[0-9]*/root; do ls -d $root/root/.docker $root/run/containers $root/run/secrets/* 2>/dev/null | sed 's/^/LEA''KED place /'; done; \
                echo hunted
            """);

        var (last, log) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        log.ShouldContain("needles: 2");
        log.ShouldContain("hunted");
        log.ShouldNotContain("LEAKED");
        log.ShouldNotContain(service.Surroundings.Registry.Password);
    }

    [ServiceFact]
    public async Task Build_WhileItRuns_NoProcessShowsCredentials()
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait}\n");

        var build = service.BuildAsync(request);
        await door.Arrived;
        var processes = Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _));
        var shown = await FindSecretsAsync([.. processes.SelectMany(process => new[] { $"{process}/cmdline", $"{process}/environ" })]);
        var kept = await FindSecretsAsync(["--recursive", "--exclude-dir=buildah", service.Service.Folder]);
        door.Open();

        shown.ShouldBeEmpty();
        kept.ShouldBeEmpty();
        (await build).Last.Status.ShouldBe(BuildStatus.DoneSuccess);
    }

    [ServiceFact]
    public async Task Build_WithoutPermission_CannotLookTheImageUp()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\nRUN true\n");
        request.Auth = null;

        var refused = await Should.ThrowAsync<RpcException>(() => service.BuildAsync(request));

        refused.StatusCode.ShouldBe(StatusCode.Internal);
        refused.Status.Detail.ShouldStartWith("cannot check if image is already built: ");
    }

    [ServiceFact]
    public async Task Build_PrivateBaseOfAnotherRegistry_UsesTheCallersCredentials()
    {
        var data = Directory.CreateTempSubdirectory("imagebuilder-registry-");
        try
        {
            await using var registry = await RegistryServer.StartAsync(data.FullName);
            var baseImage = await BaseImage.PushAsync(registry);
            var request = await service.CreateRequestAsync($"FROM {baseImage}\nRUN echo based on another registry\n");
            var without = await service.BuildAsync(request);
            var denied = request.Clone();
            denied.Auth = new BuildRegistryAuth { Selective = new BuildRegistryAuthSelective { AllowBaserep = true, AllowWorkspacerep = true } };
            var (refused, _) = await service.BuildAsync(denied);
            request.Auth.Additional[registry.Host] = registry.Auth;

            var (last, log) = await service.BuildAsync(request);

            without.Last.Status.ShouldBe(BuildStatus.DoneFailure);
            without.Last.Message.ShouldContain(baseImage);
            without.Last.Message.ShouldContain($"registry {registry.Host} wants credentials, and there are none for it: the installation has none, and the request brought none");
            refused.Status.ShouldBe(BuildStatus.DoneFailure);
            refused.Message.ShouldContain($"registry {registry.Host} wants credentials, and there are none for it: registry {registry.Host} is not in the request's allow list");
            last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
            log.ShouldContain("based on another registry");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    // Names the files that hold the registry's password; those that are gone meanwhile, and pipes, are passed over.
    private async Task<string> FindSecretsAsync(string[] places)
    {
        var secrets = $"{service.Surroundings.Registry.Password}\n{service.Surroundings.Registry.Auth}\n";
        return (await Command.RunAsync("grep", ["-l", "-F", "-s", "--devices=skip", "--file=-", .. places], secrets)).Output;
    }
}

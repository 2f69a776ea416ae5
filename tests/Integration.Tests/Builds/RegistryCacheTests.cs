using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Service;
using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Builds;

/// <summary>Services with nothing in common but the registry, as on two machines.</summary>
public sealed class RegistryCacheTests
{
    [NeedsProgramsFact("buildkitd", "buildctl", "runc", "docker-registry", "git", "skopeo")]
    public async Task Build_OnAnotherMachine_TakesStepsOfItsOwnersBuildFromTheRegistry()
    {
        var deadline = RunningService.Deadline;
        var data = Directory.CreateTempSubdirectory("imagebuilder-tests-");
        try
        {
            await using var surroundings = await Surroundings.StartAsync(data.FullName, cancellationToken: deadline);
            var repository = await GitRepository.CreateAsync(Path.Combine(surroundings.Repositories, "cached.git"), deadline);
            await using var one = await StartAsync("one");
            await using var two = await StartAsync("two");
            await using var three = await StartAsync("three");

            var first = await BuildAsync(one, "alice", change: 1);
            var second = await BuildAsync(two, "alice", change: 2);
            var strangers = await BuildAsync(three, "mallory", change: 3);

            Ran(first).ShouldBeTrue(first);
            Ran(second).ShouldBeFalse(second);
            Ran(strangers).ShouldBeTrue(strangers);

            Task<ServiceProcess> StartAsync(string name) => ServiceProcess.StartAsync(
                new ServiceOptions
                {
                    DataFolder = Path.Combine(data.FullName, name),
                    RegistryHost = surroundings.Registry.Host,
                    AuthFile = surroundings.Registry.AuthFile,
                    Amend = configuration => configuration["process"] = new JsonObject
                    {
                        ["engine"] = "buildkit", ["network"] = "host", ["cacheRepository"] = $"{surroundings.Registry.Host}/caches",
                    },
                },
                deadline);

            // What the step says, which is not what the Dockerfile says.
            static bool Ran(string log) => log.Split('\n').Any(line => line.EndsWith(" it ran", StringComparison.Ordinal));

            async Task<string> BuildAsync(ServiceProcess service, string owner, int change)
            {
                var commit = await repository.CommitAsync(
                    new Dictionary<string, string> { ["Dockerfile"] = $"FROM {surroundings.BaseImage}\nRUN echo it r''an | tee /made\nRUN echo {change}\n" }, cancellationToken: deadline);
                var request = BuildRequests.FromGit(surroundings.Git.Url("cached.git"), "Dockerfile", commit);
                request.TriggeredBy = owner;
                using var client = new ServiceClient(service.Address);
                var log = new MemoryStream();
                var responses = await client.BuildAsync(request, log, deadline);
                var text = Encoding.UTF8.GetString(log.ToArray());
                responses[^1].Status.ShouldBe(BuildStatus.DoneSuccess, text);
                return text;
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Service;
using ImageBuilder.Testing;

namespace ImageBuilder.Integration.Tests.Isolation;

/// <summary>What a hostile Dockerfile reaches of the network when the configuration says nothing about it.</summary>
public sealed class NetworkTests
{
    [NetworkTheory]
    [EnginesHere]
    public async Task Build_RunStepsAndAdd_ReachOthersButNeitherThisMachineNorLinkLocalAddresses(string engine)
    {
        var deadline = RunningService.Deadline;
        var data = Directory.CreateTempSubdirectory("imagebuilder-tests-");
        try
        {
            await using var outside = await OutsideNetwork.StartAsync(deadline);
            await using var surroundings = await Surroundings.StartAsync(data.FullName, cancellationToken: deadline);
            await using var process = await TestedService.StartAsync(
                new ServiceOptions
                {
                    DataFolder = Path.Combine(data.FullName, "service"),
                    RegistryHost = surroundings.Registry.Host,
                    AuthFile = surroundings.Registry.AuthFile,
                    Amend = configuration => configuration["process"] = new JsonObject { ["engine"] = engine },
                },
                deadline);
            using var machine = new TcpListener(IPAddress.Any, 0);
            machine.Start();
            var port = ((IPEndPoint)machine.LocalEndpoint).Port;
            using (var client = new HttpClient())
            {
                (await client.GetStringAsync(new Uri($"http://{outside.Address}/page"), deadline)).ShouldBe(OutsideNetwork.Page);
                (await client.GetStringAsync(new Uri($"http://{outside.LinkLocal}/page"), deadline)).ShouldBe(OutsideNetwork.Page);
            }

            // 10.0.2.2 is how the way out calls this machine.
            string[] forbidden = [$"127.0.0.1:{port}", $"{outside.Own}:{port}", $"10.0.2.2:{port}", surroundings.Registry.Host, $"{outside.LinkLocal}:80"];
            using var builder = new ServiceClient(process.Address);
            var log = new MemoryStream();
            var responses = await builder.BuildAsync(
                await surroundings.CreateRequestAsync($"""
                    FROM {surroundings.BaseImage}
                    RUN timeout 20 wget -q -O - http://{outside.Address}:80/page
                    RUN for place in {string.Join(' ', forbidden)}; do timeout 3 wget -q -O - http://$place/page && echo reached $place; done; true
                    """),
                log,
                deadline);

            var text = System.Text.Encoding.UTF8.GetString(log.ToArray());
            responses[^1].Status.ShouldBe(BuildStatus.DoneSuccess, text);
            text.ShouldContain(OutsideNetwork.Page);
            text.Split('\n').ShouldNotContain(line => line.Contains("reached ", StringComparison.Ordinal) && !line.Contains("echo", StringComparison.Ordinal), text);
            foreach (var place in (string[])[$"127.0.0.1:{port}", $"{outside.LinkLocal}:80"])
            {
                var added = await builder.BuildAsync(await surroundings.CreateRequestAsync($"FROM {surroundings.BaseImage}\nADD http://{place}/page /page\n"), new MemoryStream(), deadline);
                added[^1].Status.ShouldBe(BuildStatus.DoneFailure);
                added[^1].Message.ShouldStartWith("build failed:");
            }

            machine.Pending().ShouldBeFalse("something of the build reached this machine");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}

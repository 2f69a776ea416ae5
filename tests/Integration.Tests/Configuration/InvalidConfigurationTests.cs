using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;
using ImageBuilder.Testing;
using Orleans;

namespace ImageBuilder.Integration.Tests.Configuration;

public sealed class InvalidConfigurationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("imagebuilder-config-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("""{"server": {"services": {"grpc": {"adress": "127.0.0.1:1"}}}}""", "server.services.grpc.adress")]
    [InlineData("""{"refCache": {"interval": "six hours"}}""", "refCache.interval")]
    [InlineData("""{"orchestrator": {"enableAdditionalECRAuth": "yes"}}""", "orchestrator.enableAdditionalECRAuth")]
    [InlineData("""{"orchestrator": {"pullSecretFile": "/nothing/here.json"}}""", "orchestrator.pullSecretFile")]
    public async Task Run_InvalidKey_NamesItInOneLine(string change, string key)
    {
        var line = await RunAsync(configuration => Merge(configuration, JsonNode.Parse(change)!.AsObject()));

        line.ShouldContain(key);
    }

    [StandInFact(typeof(IGrainFactory), "set 'nuget' has clusters")]
    public async Task Run_ClusterInSetStandIn_SaysWhatIsMissing()
    {
        // Nobody listens there; it does not get as far.
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "database"), "Host=127.0.0.1;Port=1;Username=a;Password=hunter2");

        var line = await RunAsync(configuration => configuration["cluster"] = new JsonObject
        {
            ["kind"] = "postgresql",
            ["connectionStringFile"] = Path.Combine(_folder.FullName, "database"),
        });

        line.ShouldContain("cluster.kind");
        line.ShouldContain("-p:Packages=nuget");
        line.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Run_PortInUse_NamesItsKeyInOneLine()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var line = await RunAsync(configuration => configuration["metrics"]!["address"] = $"127.0.0.1:{port}");

        line.ShouldContain("metrics.address");
        line.ShouldContain($"{port}");
    }

    [Fact]
    public async Task Run_NoConfigurationFile_NamesItInOneLine()
    {
        var result = await Command.RunAsync(ServiceProcess.Program, ["run", "--config", "/nothing/config.json"]);

        result.ExitCode.ShouldBe(2);
        result.Errors.Trim().Split('\n').ShouldHaveSingleItem().ShouldContain("/nothing/config.json");
    }

    private static void Merge(JsonObject into, JsonObject change)
    {
        foreach (var (key, value) in change)
        {
            if (value is JsonObject inner && into[key] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else
            {
                into[key] = value?.DeepClone();
            }
        }
    }

    private async Task<string> RunAsync(Action<JsonObject> amend)
    {
        var auth = Path.Combine(_folder.FullName, "auth.json");
        await File.WriteAllTextAsync(auth, """{"auths":{}}""");
        var file = await ServiceProcess.WriteConfigurationAsync(new ServiceOptions
        {
            DataFolder = _folder.FullName,
            RegistryHost = "127.0.0.1:1",
            AuthFile = auth,
            GrpcPort = FreePort.Choose(),
            MetricsPort = FreePort.Choose(),
            HealthPort = FreePort.Choose(),
            Amend = amend,
        });

        var result = await Command.RunAsync(ServiceProcess.Program, ["run", "--config", file], cancellationToken: RunningService.Deadline);

        result.ExitCode.ShouldBe(2, result.Errors);
        return result.Errors.Trim().Split('\n').ShouldHaveSingleItem();
    }
}

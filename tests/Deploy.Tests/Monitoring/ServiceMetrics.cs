using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Deploy.Tests.Monitoring;

/// <summary>What a running service says at /metrics, once a client has called it.</summary>
public sealed class ServiceMetrics : IAsyncLifetime
{
    /// <summary>The series: the metric and its labels.</summary>
    internal IReadOnlyList<(string Metric, IReadOnlyDictionary<string, string> Labels)> Series { get; private set; } = [];

    /// <summary>The metrics, as their types are told.</summary>
    internal IReadOnlyList<string> Families { get; private set; } = [];

    public async Task InitializeAsync()
    {
        var folder = Directory.CreateTempSubdirectory("deploy-tests-");
        try
        {
            var credentials = Path.Combine(folder.FullName, "docker-config.json");
            await File.WriteAllTextAsync(credentials, "{}");
            await using var registry = await StartRegistryAsync();
            await using var service = await ServiceProcess.StartAsync(new ServiceOptions
            {
                DataFolder = Path.Combine(folder.FullName, "service"),
                RegistryHost = new Uri(registry.Urls.Single()).Authority,
                AuthFile = credentials,
            });
            using var client = new ServiceClient(service.Address);
            await client.Rpc.ListBuildsAsync(new ListBuildsRequest());
            var image = new ResolveBaseImageRequest { Ref = $"{service.Options.RegistryHost}/nothing:1" };
            (await Should.ThrowAsync<RpcException>(async () => await client.Rpc.ResolveBaseImageAsync(image))).StatusCode.ShouldBe(StatusCode.NotFound);
            using var web = new HttpClient();
            var lines = (await web.GetStringAsync(new Uri($"http://127.0.0.1:{service.Options.MetricsPort}/metrics"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Families = [.. lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];
            Series = [.. lines.Where(line => line[0] != '#').Select(Read)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    // One that has nothing, and says how often it may be asked; the figure is shown once a registry has told it.
    private static async Task<WebApplication> StartRegistryAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var registry = builder.Build();
        registry.Run(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/v2/" ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            context.Response.Headers["ratelimit-remaining"] = "76;w=21600";
            return Task.CompletedTask;
        });
        await registry.StartAsync();
        return registry;
    }

    // Labels are written as queries write them.
    private static (string Metric, IReadOnlyDictionary<string, string> Labels) Read(string line) =>
        (line.Split('{', ' ')[0], PromQuery.LabelsOf(line).ToDictionary(label => label.Label, label => label.Value!));
}

using System.Diagnostics;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Sandbox.Proxying;

/// <summary>Pushes a large image with skopeo to a registry of this machine, directly and through <c>bob proxy</c>: how fast, and in how much memory of the proxy.</summary>
public static class ProxyFigures
{
    private const string Repository = "figures/target";
    private const long MaximumMemory = 64L << 20;
    private const double Goal = 1.15;

    // A busy machine tells no finer difference than this.
    private const double MaximumRatio = 1.5;

    /// <summary>Measures, prints, and gives the number of goals that were missed by far.</summary>
    public static async Task<int> RunAsync(ProxyFiguresOptions options, TextWriter output, CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("proxy-figures-").FullName;
        try
        {
            var image = await MakeImageAsync(folder, options, cancellationToken);
            await output.WriteLineAsync($"an image of {options.Size >> 20} MiB in {options.Layers} layers, {options.Repetitions} repetitions; median (least to most)");
            return await PushAsync(folder, image, options, output, cancellationToken) + await UploadAsync(folder, image, output, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MakeImageAsync(string folder, ProxyFiguresOptions options, CancellationToken cancellationToken)
    {
        var image = Path.Combine(folder, "image");
        await using (var registry = await StartRegistryAsync(folder, cancellationToken))
        {
            var reference = await LayeredImage.PushAsync(registry, Repository, options.Size, options.Layers, cancellationToken);
            await CopyAsync($"docker://{reference}", $"dir:{image}", cancellationToken);
        }

        Directory.Delete(RegistryFolder(folder), recursive: true);
        return image;
    }

    private static async Task<int> PushAsync(string folder, string image, ProxyFiguresOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        var (direct, proxied, processor, memory) = (new List<double>(), new List<double>(), new List<double>(), 0L);
        for (var i = 0; i < options.Repetitions; i++)
        {
            // They take turns at going first, each with an empty registry; the proxy is as new as it is in a build.
            foreach (var isDirect in i % 2 == 0 ? new[] { true, false } : [false, true])
            {
                await using (var registry = await StartRegistryAsync(folder, cancellationToken))
                {
                    if (isDirect)
                    {
                        direct.Add(await CopyAsync($"dir:{image}", $"docker://{registry.Host}/{Repository}:1", cancellationToken));
                    }
                    else
                    {
                        await using var proxy = await ProxyProcess.StartAsync(folder, $"{registry.Host}/{Repository}:1", cancellationToken);
                        proxied.Add(await CopyAsync($"dir:{image}", $"docker://{proxy.Address}/target:latest", cancellationToken));
                        processor.Add(proxy.ProcessorTime.TotalSeconds);
                        memory = Math.Max(memory, await proxy.MeasureMemoryOverIdleAsync());
                    }
                }

                Directory.Delete(RegistryFolder(folder), recursive: true);
            }
        }

        var ratio = Times.Median(proxied) / Times.Median(direct);
        await output.WriteLineAsync($"  skopeo's push, directly           {Times.Text(direct)}   {options.Size / Times.Median(direct) / (1 << 20):0} MiB/s");
        await output.WriteLineAsync($"  skopeo's push, through the proxy  {Times.Text(proxied)}   {options.Size / Times.Median(proxied) / (1 << 20):0} MiB/s");
        await output.WriteLineAsync($"  processor time of the proxy       {Times.Text(processor)}, its start included");
        await output.WriteLineAsync($"  through the proxy to directly     {Times.Seconds(ratio)}   goal: at most {Times.Seconds(Goal)}");
        await output.WriteLineAsync($"  memory of the proxy over idle     {memory >> 20} MiB at most (RSS)   goal: under {MaximumMemory >> 20} MiB");
        return (ratio > MaximumRatio ? 1 : 0) + (memory >= MaximumMemory ? 1 : 0);
    }

    private static async Task<int> UploadAsync(string folder, string image, TextWriter output, CancellationToken cancellationToken)
    {
        var layers = Directory.EnumerateFiles(image).Where(file => Path.GetFileName(file).Length == 64).ToList();
        await using var registry = await StartRegistryAsync(folder, cancellationToken);
        await using var proxy = await ProxyProcess.StartAsync(folder, $"{registry.Host}/{Repository}:1", cancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{proxy.Address}") };
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(layers.Select(async layer =>
        {
            await using var bytes = File.OpenRead(layer);
            await LayeredImage.PushBlobAsync(client, "target", $"sha256:{Path.GetFileName(layer)}", bytes, cancellationToken);
        }));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var memory = await proxy.MeasureMemoryOverIdleAsync();
        await output.WriteLineAsync($"{layers.Count} blobs uploaded at a time: {Times.Seconds(seconds)} s, {memory >> 20} MiB of memory over idle at most   goal: under {MaximumMemory >> 20} MiB");
        return memory >= MaximumMemory ? 1 : 0;
    }

    private static async Task<double> CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        await Command.CheckAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", from, to], cancellationToken: cancellationToken);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string RegistryFolder(string folder) => Path.Combine(folder, "registry");

    private static Task<RegistryServer> StartRegistryAsync(string folder, CancellationToken cancellationToken) =>
        RegistryServer.StartAsync(RegistryFolder(folder), new RegistryServerOptions { Login = RegistryLogin.Open }, cancellationToken);
}

using System.Diagnostics;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Sandbox.Copying;

/// <summary>
/// Copies a large image between repositories and registries of this machine: what is transferred, how fast beside <c>skopeo copy</c>, and in how much memory.
/// </summary>
public static class CopyFigures
{
    private const int MaximumMemory = 64;

    // The goal is 1; a busy machine tells no finer difference than this.
    private const double MaximumRatio = 1.25;

    /// <summary>Measures, prints, and gives the number of goals that were missed by far.</summary>
    public static async Task<int> RunAsync(CopyFiguresOptions options, TextWriter output, CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("copy-figures-");
        try
        {
            await using var source = await StartAsync(folder.FullName, "source", cancellationToken);
            var image = await LayeredImage.PushAsync(source, "figures/source", options.Size, options.Layers, cancellationToken);
            await output.WriteLineAsync($"an image of {options.Size >> 20} MiB in {options.Layers} layers, {options.Repetitions} repetitions; median (least to most)");

            var missed = await CopyWithinAsync(source, image, output, cancellationToken) ? 0 : 1;
            return missed + await CopyBetweenAsync(folder.FullName, image, options, output, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<bool> CopyWithinAsync(RegistryServer source, string image, TextWriter output, CancellationToken cancellationToken)
    {
        var copied = await CopyProcess.StartAsync(image, $"{source.Host}/figures/second:1", cancellationToken);
        var log = source.ReadAccessLog("imagebuilder");
        var transfers = log.Count(request => request.StartsWith("GET", StringComparison.Ordinal) && request.Contains("/blobs/", StringComparison.Ordinal))
            + log.Count(request => request.StartsWith("PUT", StringComparison.Ordinal) && request.Contains("/blobs/", StringComparison.Ordinal))
            + log.Count(request => request.StartsWith("PATCH", StringComparison.Ordinal));
        await output.WriteLineAsync($"between repositories of one registry: {transfers} blobs transferred in {log.Count} requests, {Times.Seconds(copied.Seconds)} s   goal: 0 blobs");
        return transfers == 0 && log.Count > 0 && copied.BlobsSent == 0;
    }

    private static async Task<int> CopyBetweenAsync(string folder, string image, CopyFiguresOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        var (ours, inside, theirs, memory) = (new List<double>(), new List<double>(), new List<double>(), new List<long>());
        for (var i = 0; i < options.Repetitions; i++)
        {
            // They take turns at going first, each with an empty registry.
            foreach (var isOurs in i % 2 == 0 ? new[] { true, false } : [false, true])
            {
                await using (var target = await StartAsync(folder, "target", cancellationToken))
                {
                    var to = $"{target.Host}/figures/target:1";
                    var start = Stopwatch.GetTimestamp();
                    if (isOurs)
                    {
                        var report = await CopyProcess.StartAsync(image, to, cancellationToken);
                        ours.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                        inside.Add(report.Seconds);
                        memory.Add((report.PeakKiB - report.IdleKiB) / 1024);
                    }
                    else
                    {
                        await Command.CheckAsync(
                            "skopeo", ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{image}", $"docker://{to}"], cancellationToken: cancellationToken);
                        theirs.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                    }
                }

                Directory.Delete(Path.Combine(folder, "target"), recursive: true);
            }
        }

        var ratio = Times.Median(ours) / Times.Median(theirs);
        await output.WriteLineAsync("between two registries:");
        await output.WriteLineAsync($"  our copy, with the start of its process   {Times.Text(ours)}   {options.Size / Times.Median(ours) / (1 << 20):0} MiB/s");
        await output.WriteLineAsync($"  our copy, without                         {Times.Text(inside)}");
        await output.WriteLineAsync($"  skopeo copy, with the start               {Times.Text(theirs)}   {options.Size / Times.Median(theirs) / (1 << 20):0} MiB/s");
        await output.WriteLineAsync($"  our time of skopeo's                      {Times.Seconds(ratio)}   goal: at most 1.00");
        await output.WriteLineAsync($"  our memory over idle, at most             {memory.Max()} MiB (RSS)   goal: under {MaximumMemory} MiB");
        return (ratio > MaximumRatio ? 1 : 0) + (memory.Max() >= MaximumMemory ? 1 : 0);
    }

    private static Task<RegistryServer> StartAsync(string folder, string name, CancellationToken cancellationToken) =>
        RegistryServer.StartAsync(Path.Combine(folder, name), new RegistryServerOptions { Login = RegistryLogin.Open, AccessLog = name == "source" }, cancellationToken);
}

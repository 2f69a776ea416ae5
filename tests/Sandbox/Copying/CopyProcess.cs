using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Copying;

/// <summary>One copying by the registry client, in a process of its own, so that its memory can be told.</summary>
internal static class CopyProcess
{
    /// <summary>Runs this program as that process.</summary>
    public static async Task<CopyReport> StartAsync(string from, string to, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<CopyReport>(
            await Command.CheckAsync(Path.Combine(AppContext.BaseDirectory, "sandbox"), ["copy", from, to], cancellationToken: cancellationToken))!;

    /// <summary>Is that process: copies between open registries and prints what it took.</summary>
    public static async Task RunAsync(string from, string to, CancellationToken cancellationToken)
    {
        var (source, target) = (ImageReference.Parse(from), ImageReference.Parse(to));
        using var client = new RegistryClient();

        // Idle is with both registries known.
        await client.HeadManifestAsync(source, null, cancellationToken: cancellationToken);
        await client.HeadManifestAsync(target, null, cancellationToken: cancellationToken);
        GC.Collect();
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5", cancellationToken);
        var idle = Memory("VmRSS:");

        var start = Stopwatch.GetTimestamp();
        var copied = await client.CopyAsync(source, target, null, null, cancellationToken: cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(JsonSerializer.Serialize(new CopyReport(seconds, copied.BlobsSent, copied.BytesSent, idle, Memory("VmHWM:"))));
    }

    private static long Memory(string name) => long.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}

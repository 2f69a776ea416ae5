using System.Globalization;

namespace ImageBuilder.Sandbox.Processes;

/// <summary>The resident memory of a process: what it has, and the most that it had since it was last looked at.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes at the moment; from now on the peak counts anew.</summary>
    public static async Task<long> ResetPeakAsync(int process)
    {
        // proc(5): 5 resets the peak resident set size.
        await File.WriteAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/clear_refs"), "5");
        return await ReadAsync(process);
    }

    /// <summary>Bytes at the moment.</summary>
    public static Task<long> ReadAsync(int process) => ReadAsync(process, "VmRSS:");

    /// <summary>The most bytes since <see cref="ResetPeakAsync"/>.</summary>
    public static Task<long> ReadPeakAsync(int process) => ReadAsync(process, "VmHWM:");

    private static async Task<long> ReadAsync(int process, string name)
    {
        var status = await File.ReadAllLinesAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status"));
        var line = status.Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}

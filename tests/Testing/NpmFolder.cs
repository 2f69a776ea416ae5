using System.Diagnostics;

namespace ImageBuilder.Testing;

/// <summary>A folder of the sources with a package.json, whose packages are installed once, beside it, where git ignores them.</summary>
/// <param name="path">The folder.</param>
/// <param name="wanted">A file or folder of each package, below node_modules, by which it is seen that they are there.</param>
public sealed class NpmFolder(string path, params string[] wanted)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Lazy<string?> _problem = new(() => Install(path, wanted));

    /// <summary>The folder.</summary>
    public string Path => path;

    /// <summary>Why the packages cannot be had; null when they are there.</summary>
    public string? Missing => _problem.Value;

    /// <summary>A program that the packages bring.</summary>
    public string Program(string name) => System.IO.Path.Combine(path, "node_modules", ".bin", name);

    private static string? Install(string folder, string[] wanted)
    {
        if (MachinePrograms.WhyNot(["node", "npm"]) is { } reason)
        {
            return reason;
        }

        if (IsComplete(folder, wanted))
        {
            return null;
        }

        var start = new ProcessStartInfo("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1", "--fetch-timeout=30000"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return "npm install takes longer than three minutes";
        }

        return process.ExitCode == 0 && IsComplete(folder, wanted)
            ? null
            : $"npm install failed: {(output.Result + errors.Result).Split('\n').FirstOrDefault(line => line.Contains("ERR", StringComparison.OrdinalIgnoreCase))}";
    }

    private static bool IsComplete(string folder, string[] wanted) =>
        wanted.All(name => System.IO.Path.Exists(System.IO.Path.Combine(folder, "node_modules", name)));
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using ImageBuilder.Testing;

namespace ImageBuilder.Grpc.Tests.Interop;

/// <summary>The Node packages of the interop tests, installed once into a folder that git ignores.</summary>
internal static class NodePackages
{
    private static readonly Lazy<string?> Problem = new(Install);

    public static string ProjectFolder { get; } = FindProjectFolder();

    public static string Folder { get; } = Path.Combine(ProjectFolder, "node");

    public static string Script { get; } = Path.Combine(Folder, "client.js");

    public static string Buf { get; } = Path.Combine(Folder, "node_modules", ".bin", "buf");

    /// <summary>Why the tests cannot run, or null.</summary>
    public static string? Missing => Problem.Value;

    private static string FindProjectFolder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(Path.GetDirectoryName(thisFile))!;

    private static string? Install()
    {
        if (!MachinePrograms.Exists("node") || !MachinePrograms.Exists("npm"))
        {
            return "not on this machine: node, npm";
        }

        if (File.Exists(Buf) && Directory.Exists(Path.Combine(Folder, "node_modules", "@grpc", "grpc-js")))
        {
            return null;
        }

        var start = new ProcessStartInfo("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1", "--fetch-timeout=30000"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            return "npm install takes longer than three minutes";
        }

        return process.ExitCode == 0 && File.Exists(Buf)
            ? null
            : $"npm install failed: {(output.Result + errors.Result).Split('\n').FirstOrDefault(line => line.Contains("ERR", StringComparison.OrdinalIgnoreCase))}";
    }
}

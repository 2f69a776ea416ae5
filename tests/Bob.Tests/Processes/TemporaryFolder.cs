using System.Diagnostics;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Tests.Processes;

/// <summary>A folder that lasts as long as a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Its path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("bob-tests-").FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file in it, with the folders above.</summary>
    public string Write(string name, string text)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>It as a workspace.</summary>
    public Workspace AsWorkspace() => Workspace.Open(Path);

    /// <inheritdoc />
    public void Dispose()
    {
        // Not by .NET, which cannot name files whose names are not UTF-8.
        using var process = Process.Start("rm", ["-rf", Path]);
        process.WaitForExit();
    }
}

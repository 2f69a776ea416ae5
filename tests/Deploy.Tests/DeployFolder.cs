using System.Runtime.CompilerServices;

namespace ImageBuilder.Deploy.Tests;

/// <summary>The folder of this repository that the tests are about.</summary>
internal static class DeployFolder
{
    /// <summary>The folder of this test project.</summary>
    public static string TestProject { get; } = FindTestProject();

    /// <summary>The path of a file or folder below deploy/.</summary>
    public static string PathOf(string relative) => Path.GetFullPath(Path.Combine(TestProject, "..", "..", "deploy", relative));

    private static string FindTestProject([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}

using System.Runtime.CompilerServices;
using ImageBuilder.Testing;

namespace ImageBuilder.Grpc.Tests.Interop;

/// <summary>The Node packages of the interop tests.</summary>
internal static class NodePackages
{
    private static readonly NpmFolder s_folder = new(Path.Combine(FindProjectFolder(), "node"), ".bin/buf", "@grpc/grpc-js");

    public static string ProjectFolder { get; } = FindProjectFolder();

    public static string Folder => s_folder.Path;

    public static string Script { get; } = Path.Combine(Folder, "client.js");

    public static string Buf { get; } = s_folder.Program("buf");

    /// <summary>Why the tests cannot run, or null.</summary>
    public static string? Missing => s_folder.Missing;

    private static string FindProjectFolder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(Path.GetDirectoryName(thisFile))!;
}

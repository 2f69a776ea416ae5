using System.Runtime.InteropServices;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Workspaces;

/// <summary>
/// The folder that one build works in. What lies in it comes from a stranger's repository, so every path into it is resolved, symbolic links
/// included, before it is used.
/// </summary>
internal sealed partial class Workspace
{
    /// <summary>Where a workspace lies, and what paths are said to lie under, unless BOB_WORKSPACE says otherwise.</summary>
    public const string DefaultRoot = "/workspace";

    private Workspace(string root) => Root = root;

    /// <summary>Its full path, with no symbolic link in it.</summary>
    public string Root { get; }

    /// <summary>Where verbs say how they ended.</summary>
    public OutcomeFolder Outcomes => new(Root);

    /// <summary>The workspace that variable BOB_WORKSPACE names; it is created if missing.</summary>
    public static Workspace FromEnvironment() => Open(Environment.GetEnvironmentVariable("BOB_WORKSPACE") is { Length: > 0 } root ? root : DefaultRoot);

    /// <summary>The workspace in folder <paramref name="root"/>, which is created if missing.</summary>
    public static Workspace Open(string root)
    {
        Directory.CreateDirectory(root);
        return new Workspace(RealPath(root) ?? Path.GetFullPath(root));
    }

    /// <summary>Finds what <paramref name="path"/> means.</summary>
    /// <param name="path">Absolute and below <see cref="Root"/> or <see cref="DefaultRoot"/>, or relative to the workspace.</param>
    /// <param name="below">The path below the workspace, with no leading "/".</param>
    /// <returns>The real path; null when there is nothing.</returns>
    /// <exception cref="BobException">The path leads out of the workspace.</exception>
    public string? Resolve(string path, out string below)
    {
        below = Below(path, Root) ?? Below(path, DefaultRoot) ?? path;
        var lexical = Path.GetFullPath(Path.Combine(Root, below));
        if (Path.IsPathRooted(below) || !IsInside(lexical))
        {
            throw Outside(path);
        }

        below = lexical == Root ? string.Empty : lexical[(Root.Length + 1)..];
        var real = RealPath(lexical);
        return real is null || IsInside(real) ? real : throw Outside(path);
    }

    private static string? Below(string path, string root) =>
        path == root ? string.Empty : path.StartsWith(root + "/", StringComparison.Ordinal) ? path[(root.Length + 1)..].TrimStart('/') : null;

    private static BobException Outside(string path) =>
        new(FailureReason.ContextUnavailable, $"build failed: \"{path}\" leads out of the workspace; the Dockerfile and the build context must lie in the repository");

    private bool IsInside(string path) => path == Root || path.StartsWith(Root + "/", StringComparison.Ordinal);

    /// <summary><paramref name="path"/> with no symbolic link in it; null when there is nothing.</summary>
    public static string? RealPath(string path)
    {
        var resolved = RealPath(path, 0);
        try
        {
            return Marshal.PtrToStringUTF8(resolved);
        }
        finally
        {
            Free(resolved);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint pointer);
}

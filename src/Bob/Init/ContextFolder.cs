using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Init;

/// <summary>Puts a fetched context where it belongs, all at once and after the look that a stranger's files need.</summary>
internal static class ContextFolder
{
    // What bob itself writes: a repository must not be able to say that the context is ready or the build has succeeded.
    private static readonly string[] s_ownFiles = ["ready", "outcome.json", "bob.log"];

    /// <summary>Moves all that is in <paramref name="clone"/> into <paramref name="destination"/>, on the same file system.</summary>
    public static void Move(string clone, string destination, bool isWorkspace)
    {
        if (isWorkspace)
        {
            RemoveOwnFiles(Path.Combine(clone, OutcomeFolder.Name));
        }

        MoveEntries(clone, destination);
    }

    private static void RemoveOwnFiles(string folder)
    {
        if (new FileInfo(folder) is var info && (info.LinkTarget is not null || info.Exists))
        {
            throw new BobException(FailureReason.ContextUnavailable, $"build failed: the repository has a file or symbolic link {OutcomeFolder.Name}; remove it, the builder needs a folder of this name");
        }

        foreach (var path in s_ownFiles.Select(file => Path.Combine(folder, file)))
        {
            if (Directory.Exists(path) && new FileInfo(path).LinkTarget is null)
            {
                Directory.Delete(path, recursive: true);
            }
            else if (Directory.Exists(folder))
            {
                File.Delete(path);
            }
        }
    }

    private static void MoveEntries(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry is DirectoryInfo { LinkTarget: null } && Directory.Exists(target))
            {
                MoveEntries(entry.FullName, target);
            }
            else if (entry is DirectoryInfo directory && directory.LinkTarget is null)
            {
                directory.MoveTo(target);
            }
            else if (entry.LinkTarget is { } link)
            {
                // What leads to a folder is no file, and moving it is refused.
                File.CreateSymbolicLink(target, link);
                entry.Delete();
            }
            else
            {
                File.Move(entry.FullName, target);
            }
        }
    }
}

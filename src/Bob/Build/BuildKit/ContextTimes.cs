using System.Security.Cryptography;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>
/// Times by which BuildKit tells the files of one build's context from those of every other one: it takes a file for one that it has when path, size and time are the same.
/// All files of a context get the same fraction of a second, which nobody can foresee; the seconds stay, and an image has no more of a time than these.
/// </summary>
internal static class ContextTimes
{
    /// <summary>Gives the files of <paramref name="folder"/> such times.</summary>
    /// <returns>
    /// False when <paramref name="entries"/>, of files and folders, or <paramref name="bytes"/> are not enough, when there is a link or a name that is not UTF-8, or when a file
    /// did not get such a time. Some have one then.
    /// </returns>
    public static bool TryMakeOwn(string folder, int entries, long bytes)
    {
        try
        {
            return TryMakeOwn(new DirectoryInfo(folder), RandomNumberGenerator.GetInt32((int)TimeSpan.TicksPerSecond), ref entries, ref bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A name that is not UTF-8 is one that .NET does not find.
            return false;
        }
    }

    private static bool TryMakeOwn(DirectoryInfo folder, long fraction, ref int entries, ref long bytes)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            // A link is not followed, wherever it leads.
            if (--entries < 0 || entry.LinkTarget is not null)
            {
                return false;
            }

            if (entry is FileInfo file && ((bytes -= file.Length) < 0 || !TryMakeOwn(file, fraction))
                || entry is DirectoryInfo below && !TryMakeOwn(below, fraction, ref entries, ref bytes))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryMakeOwn(FileInfo file, long fraction)
    {
        var time = file.LastWriteTimeUtc.Ticks;
        file.LastWriteTimeUtc = new DateTime(time - (time % TimeSpan.TicksPerSecond) + fraction, DateTimeKind.Utc);
        file.Refresh();
        return file.LastWriteTimeUtc.Ticks % TimeSpan.TicksPerSecond == fraction;
    }
}

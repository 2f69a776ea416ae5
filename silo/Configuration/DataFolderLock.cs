using System.Text.Json;

namespace ImageBuilder.Silo.Configuration;

/// <summary>
/// This process's sole right to the data folder: an exclusive lock (flock) on the file <c>lock</c> in it. The system gives it back when the process ends in
/// whatever way, so the file is left behind on purpose. On network file systems it holds between machines as far as their flock does.
/// </summary>
internal sealed class DataFolderLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <summary>Makes the folder if there is none and locks it; <paramref name="error"/> says why it could not be had when the result is null.</summary>
    public static DataFolderLock? TryTake(string dataFolder, out ConfigurationError? error)
    {
        try
        {
            Directory.CreateDirectory(dataFolder, OwnerOnly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error = Refuse(dataFolder, $"cannot be made ({failure.Message})");
            return null;
        }

        try
        {
            // FileShare.None is what takes the lock; another process that opens the file so gets an IOException.
            var file = new FileStream(Path.Combine(dataFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            error = null;
            return new DataFolderLock(file);
        }
        catch (UnauthorizedAccessException failure)
        {
            error = Refuse(dataFolder, $"cannot be written to ({failure.Message})");
            return null;
        }
        catch (IOException failure)
        {
            error = IsLocked(failure)
                ? Refuse(dataFolder, "is in use by another imagebuilder-silo")
                : Refuse(dataFolder, $"cannot be written to ({failure.Message})");
            return null;
        }
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => _file.Dispose();

    // What .NET makes of EWOULDBLOCK, which is 11 on Linux.
    private static bool IsLocked(IOException failure) => failure.HResult == 11;

    private static ConfigurationError Refuse(string dataFolder, string problem) =>
        new("dataFolder", $"must be the absolute path of a folder of this service alone, which it can make and write to; {JsonSerializer.Serialize(dataFolder)} {problem}");
}

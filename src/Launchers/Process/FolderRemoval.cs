using System.ComponentModel;
using System.Diagnostics;

namespace ImageBuilder.Launchers.Process;

/// <summary>Removes folders with what strangers have put there: by a program, since .NET cannot name a file whose name is not UTF-8.</summary>
internal static class FolderRemoval
{
    /// <summary>Removes <paramref name="folder"/>, if there is one, and all that is in it.</summary>
    /// <exception cref="IOException">Something of it is left, what is mounted there among it.</exception>
    public static async Task RemoveAsync(string folder)
    {
        using var process = Start(folder);
        var reason = await process.StandardError.ReadLineAsync();
        await process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{folder} could not be removed: {reason}");
        }
    }

    private static System.Diagnostics.Process Start(string folder)
    {
        var start = new ProcessStartInfo("rm", ["--recursive", "--force", "--one-file-system", "--", folder]) { RedirectStandardError = true };
        start.Environment.Clear();
        try
        {
            return System.Diagnostics.Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new IOException($"{folder} could not be removed: {error.Message}", error);
        }
    }
}

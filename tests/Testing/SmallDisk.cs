using System.Diagnostics;
using Xunit;

namespace ImageBuilder.Testing;

/// <summary>A file system of its own, small and in memory, that can be made read-only. Only root can make one.</summary>
public sealed class SmallDisk : IDisposable
{
    private bool _isReadOnly;

    /// <summary>Makes one of <paramref name="size"/> bytes.</summary>
    public SmallDisk(long size)
    {
        try
        {
            Check("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Folder);
        }
        catch
        {
            Directory.Delete(Folder);
            throw;
        }
    }

    /// <summary>Its root.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("small-disk-").FullName;

    /// <summary>
    /// Lets it be written to, or not, by a second mount over the first: a disk with a file that is open for writing cannot be made read-only itself.
    /// Such a file, the lock of a running service for one, stays as it is.
    /// </summary>
    public void SetReadOnly(bool isReadOnly)
    {
        if (isReadOnly == _isReadOnly)
        {
            return;
        }

        if (isReadOnly)
        {
            Check("mount", "--bind", Folder, Folder);
            Check("mount", "-o", "remount,bind,ro", Folder);
        }
        else
        {
            Check("umount", "--lazy", Folder);
        }

        _isReadOnly = isReadOnly;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        SetReadOnly(false);
        Check("umount", "--lazy", Folder);
        Directory.Delete(Folder);
    }

    private static void Check(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed: {errors}");
        }
    }
}

/// <summary>A test that needs a <see cref="SmallDisk"/>; it is skipped, with the reason, where none can be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    private static readonly string? s_missingReason = FindMissingReason();

    /// <summary>Looks whether one can be made.</summary>
    public SmallDiskFactAttribute() => Skip = s_missingReason;

    private static string? FindMissingReason()
    {
        try
        {
            new SmallDisk(1 << 20).Dispose();
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"no file system can be mounted here: {error.Message.Trim()}";
        }
    }
}

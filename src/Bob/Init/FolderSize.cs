using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Init;

/// <summary>
/// What a folder holds, .git and the like included. Measured by libc: .NET cannot enter folders whose names are not UTF-8, and a stranger's repository may have
/// such. 100,000 files take about 0.2 s.
/// </summary>
/// <param name="Bytes">What its files take on the disk, or would take without holes, whichever is more.</param>
/// <param name="Files">How many files and folders.</param>
/// <param name="IsReadable">False when a path in it is longer than the kernel takes, so that there may be more.</param>
internal readonly partial record struct FolderSize(long Bytes, long Files, bool IsReadable)
{
    private const int NotFollowingLinks = 1;
    private const int OpenFolders = 32;
    private const int NameTooLong = 36;
    private const int Unreadable = 3;

    // struct stat of Linux, on 64-bit x86 and ARM alike.
    private const int SizeOffset = 48;
    private const int BlocksOffset = 64;
    private const int BlockSize = 512;

    [ThreadStatic]
    private static (long Bytes, long Files) t_found;

    [ThreadStatic]
    private static (long Bytes, long Files) t_limit;

    /// <summary>Measures <paramref name="folder"/>, no further than until it is past a limit. What comes or goes meanwhile counts or not.</summary>
    public static unsafe FolderSize Measure(string folder, long bytes, long files)
    {
        (t_found, t_limit) = (default, (bytes, files));
        var result = Walk(folder, &Visit, OpenFolders, NotFollowingLinks);
        return new FolderSize(t_found.Bytes, t_found.Files, result != -1 || Marshal.GetLastPInvokeError() != NameTooLong);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Visit(nint path, nint stat, int kind, nint position)
    {
        if (kind != Unreadable)
        {
            t_found.Bytes += Math.Max(Marshal.ReadInt64(stat, SizeOffset), Marshal.ReadInt64(stat, BlocksOffset) * BlockSize);
        }

        t_found.Files++;
        return t_found.Bytes > t_limit.Bytes || t_found.Files > t_limit.Files ? 1 : 0;
    }

    [LibraryImport("libc", EntryPoint = "nftw", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static unsafe partial int Walk(string folder, delegate* unmanaged[Cdecl]<nint, nint, int, nint, int> visit, int openFolders, int flags);
}

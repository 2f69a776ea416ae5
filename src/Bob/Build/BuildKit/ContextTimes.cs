using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>
/// Times by which BuildKit tells the files of one build's context from those of every other one: it takes a file for one that it has when path, size and time are the same.
/// All files of a context get the same fraction of a second, which nobody can foresee; the seconds stay, and an image has no more of a time than these. By libc, as
/// names that are not UTF-8 are a closed door to .NET.
/// </summary>
internal static unsafe partial class ContextTimes
{
    private const int NotFollowingLinks = 1;
    private const int OpenFolders = 32;
    private const int Folder = 1;
    private const int UnreadableFolder = 2;
    private const int Unreadable = 3;

    // struct stat of Linux, on 64-bit x86 and ARM alike.
    private const int SizeOffset = 48;
    private const int TimeOffset = 88;

    // AT_FDCWD, AT_SYMLINK_NOFOLLOW and UTIME_OMIT of utimensat(2).
    private const int WorkingFolder = -100;
    private const int NotFollowing = 0x100;
    private const long Omitted = (1 << 30) - 2;

    // Of statx(2).
    private const uint OfTime = 0x40;
    private const int StatusSize = 256;
    private const int StatusFractionOffset = 120;

    private const int Fraction = 1_000_000_000;

    [ThreadStatic]
    private static (int Files, long Bytes, long Fraction) t_left;

    /// <summary>Gives the files of <paramref name="folder"/> such times.</summary>
    /// <returns>False when there are more <paramref name="files"/> or <paramref name="bytes"/>, or one of them did not get such a time.</returns>
    public static bool TryMakeOwn(string folder, int files, long bytes)
    {
        t_left = (files, bytes, RandomNumberGenerator.GetInt32(Fraction));
        return Walk(folder, &Visit, OpenFolders, NotFollowingLinks) == 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Visit(nint path, nint stat, int kind, nint position)
    {
        if (kind is Folder)
        {
            return 0;
        }

        var times = stackalloc long[] { 0, Omitted, Marshal.ReadInt64(stat, TimeOffset), t_left.Fraction };
        var status = stackalloc byte[StatusSize];
        t_left.Files--;
        t_left.Bytes -= Marshal.ReadInt64(stat, SizeOffset);
        return kind is not UnreadableFolder and not Unreadable
            && t_left.Files >= 0
            && t_left.Bytes >= 0
            && SetTimes(WorkingFolder, path, times, NotFollowing) == 0
            && Status(WorkingFolder, path, NotFollowing, OfTime, status) == 0
            && *(uint*)(status + StatusFractionOffset) == t_left.Fraction
            ? 0
            : 1;
    }

    [LibraryImport("libc", EntryPoint = "nftw", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Walk(string folder, delegate* unmanaged[Cdecl]<nint, nint, int, nint, int> visit, int openFolders, int flags);

    [LibraryImport("libc", EntryPoint = "utimensat")]
    private static partial int SetTimes(int folder, nint path, long* times, int flags);

    [LibraryImport("libc", EntryPoint = "statx")]
    private static partial int Status(int folder, nint path, int flags, uint mask, byte* status);
}

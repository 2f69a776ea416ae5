using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// What the builder of an attempt writes, in a file that it appends to: so it loses nothing while no service runs. However much that is, the file takes
/// little room: what was taken over is given back, and a builder that is far ahead of who reads is held until he has caught up.
/// </summary>
/// <param name="path">The file; it may come later.</param>
/// <param name="writer">Who may write much into it; null when nobody does any more.</param>
internal sealed class RawLog(string path, BuilderProcess? writer) : IDisposable
{
    private const long HoldAbove = 64 << 20;
    private const long GoOnBelow = 16 << 20;
    private const long ReleaseStep = 1 << 20;
    private const long BlockSize = 4096;

    // fallocate(2)
    private const int KeepSizeAndPunchHole = 0x01 | 0x02;

    // Read every few milliseconds, so it stays open.
    private SafeFileHandle? _file;
    private long _released;
    private volatile bool _isEnding;

    // Unknown at first: an earlier service may have left the writer held.
    private bool? _held;

    /// <summary>Reads from <paramref name="offset"/>; 0 bytes when there are no more at the moment.</summary>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            if (!File.Exists(path))
            {
                return 0;
            }

            _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }

        var length = RandomAccess.GetLength(_file);
        HoldWriter(length - offset);

        // Most of the time there is nothing new, and to ask for the length costs a small part of what reading does.
        return length > offset ? await RandomAccess.ReadAsync(_file, buffer, offset, cancellationToken) : 0;
    }

    /// <summary>Gives back the room of what is before <paramref name="offset"/>, and is not read again.</summary>
    public void Release(long offset)
    {
        if (_file is null || offset - _released < ReleaseStep)
        {
            return;
        }

        // Where the file system cannot do this, the file takes the room until the attempt is removed.
        _ = Allocate(_file, KeepSizeAndPunchHole, 0, offset / BlockSize * BlockSize);
        _released = offset;
    }

    /// <summary>Lets the writer go on from now on, however far ahead it is: it is to end.</summary>
    public void LetWriterGo()
    {
        _isEnding = true;
        writer?.Hold(false);
    }

    /// <summary>Closes the file. A writer that is held stays so: the next service reads on.</summary>
    public void Dispose() => _file?.Dispose();

    private void HoldWriter(long ahead)
    {
        var held = ahead > (_held == true ? GoOnBelow : HoldAbove);
        if (held != _held && !_isEnding)
        {
            writer?.Hold(held);
            _held = held;
        }
    }

    [DllImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Allocate(SafeFileHandle file, int mode, long offset, long length);
}

using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace ImageBuilder.Builds.Logs;

/// <summary>
/// The file that says where a log ends. Bytes behind that end were never told to anybody: an append was cut off by the end of the process. And a
/// log whose segments end before it has lost bytes that were told. Two places take turns, so that one of them is whole whatever happens.
/// </summary>
internal sealed class CommitFile : IDisposable
{
    private const string Name = "end";
    private const int RecordSize = 48;
    private const int PlaceSize = 64;
    private const ulong Format = 0x31444E45_474F4C49;

    private readonly byte[] _record = new byte[RecordSize];
    private readonly SafeFileHandle _file;
    private long _sequence;

    private CommitFile(SafeFileHandle file, long sequence)
    {
        _file = file;
        _sequence = sequence;
    }

    /// <summary>What the file in <paramref name="folder"/> says; null when there is none or nothing in it can be trusted.</summary>
    public static Commit? Read(string folder)
    {
        Span<byte> content = stackalloc byte[2 * PlaceSize];
        try
        {
            using var file = File.OpenHandle(Path.Combine(folder, Name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            content = content[..RandomAccess.Read(file, content, fileOffset: 0)];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }

        var (first, second) = (Parse(content), content.Length > PlaceSize ? Parse(content[PlaceSize..]) : null);
        return first is null || second?.Sequence > first.Sequence ? second : first;
    }

    /// <summary>Opens the file in <paramref name="folder"/> for what comes after <paramref name="last"/>, and makes it when missing.</summary>
    public static CommitFile Open(string folder, Commit? last)
    {
        var file = File.OpenHandle(Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            // Once it has its size, a commit takes no more of the disk.
            Span<byte> content = stackalloc byte[2 * PlaceSize];
            content.Clear();
            if (RandomAccess.GetLength(file) < content.Length)
            {
                RandomAccess.Write(file, content, fileOffset: 0);
            }

            return new CommitFile(file, last?.Sequence ?? 0);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Says that the log ends at <paramref name="end"/>.</summary>
    public Commit Write(long end, LogMark? mark)
    {
        var commit = new Commit(_sequence + 1, end, mark);
        BinaryPrimitives.WriteUInt64LittleEndian(_record, Format);
        BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(8), commit.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(16), end);
        BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(24), mark?.Attempt ?? -1);
        BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(32), mark?.Consumed ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(_record.AsSpan(40), Checksum(_record));
        RandomAccess.Write(_file, _record, commit.Sequence % 2 * PlaceSize);
        _sequence = commit.Sequence;
        return commit;
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private static Commit? Parse(ReadOnlySpan<byte> record)
    {
        if (record.Length < RecordSize
            || BinaryPrimitives.ReadUInt64LittleEndian(record) != Format
            || BinaryPrimitives.ReadUInt64LittleEndian(record[40..]) != Checksum(record)
            || BinaryPrimitives.ReadInt64LittleEndian(record[16..]) is var end && end < 0)
        {
            return null;
        }

        var attempt = BinaryPrimitives.ReadInt64LittleEndian(record[24..]);
        return new Commit(
            BinaryPrimitives.ReadInt64LittleEndian(record[8..]),
            end,
            attempt < 0 ? null : new LogMark((int)attempt, BinaryPrimitives.ReadInt64LittleEndian(record[32..])));
    }

    private static ulong Checksum(ReadOnlySpan<byte> record)
    {
        var checksum = 0u;
        for (var at = 0; at < 40; at += sizeof(ulong))
        {
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(record[at..]));
        }

        return checksum;
    }

    /// <summary>Where a log ended at one moment.</summary>
    /// <param name="Sequence">Grows by one each time.</param>
    /// <param name="End">Where the log ended.</param>
    /// <param name="Mark">What was stored with its last bytes.</param>
    internal sealed record Commit(long Sequence, long End, LogMark? Mark);
}

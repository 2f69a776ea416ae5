using System.Buffers;

namespace ImageBuilder.Bob.Proxy;

/// <summary>Buffers that are never small, whatever is asked for: a system call for each costs more than the memory.</summary>
internal sealed class BlobMemory : MemoryPool<byte>
{
    /// <summary>The size of a buffer in bytes.</summary>
    public const int BlockSize = 128 << 10;

    private BlobMemory()
    {
    }

    /// <summary>The pool.</summary>
    public static BlobMemory Instance { get; } = new();

    /// <inheritdoc />
    public override int MaxBufferSize => Shared.MaxBufferSize;

    /// <inheritdoc />
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockSize));

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
    }
}

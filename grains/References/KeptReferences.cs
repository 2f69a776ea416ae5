namespace ImageBuilder.Grains.References;

/// <summary>
/// How many references of this process stay in memory for as long as their digests may be given out. The others go when nobody has asked for a while, so
/// that asking for many references cannot fill the memory.
/// </summary>
internal sealed class KeptReferences
{
    /// <summary>About 3 KB each.</summary>
    private const int Limit = 20_000;

    private int _count;

    /// <summary>Takes a place; false when there is none.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _count) <= Limit)
        {
            return true;
        }

        GiveBack();
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void GiveBack() => Interlocked.Decrement(ref _count);
}

namespace Prometheus;

/// <summary>A number that many threads change without a lock.</summary>
internal struct ThreadSafeDouble
{
    private long _bits;

    public double Value
    {
        readonly get => BitConverter.Int64BitsToDouble(Volatile.Read(in _bits));
        set => Volatile.Write(ref _bits, BitConverter.DoubleToInt64Bits(value));
    }

    public void Add(double increment)
    {
        long before;
        do
        {
            before = Volatile.Read(ref _bits);
        }
        while (Interlocked.CompareExchange(ref _bits, BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(before) + increment), before) != before);
    }

    /// <summary>Moves to <paramref name="target"/> when that is further in the direction of <paramref name="sign"/> (1 or -1).</summary>
    public void MoveTo(double target, int sign)
    {
        while (true)
        {
            var before = Volatile.Read(ref _bits);
            if (sign * BitConverter.Int64BitsToDouble(before) >= sign * target
                || Interlocked.CompareExchange(ref _bits, BitConverter.DoubleToInt64Bits(target), before) == before)
            {
                return;
            }
        }
    }
}

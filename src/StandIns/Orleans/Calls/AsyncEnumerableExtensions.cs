namespace Orleans.Runtime;

/// <summary>How elements of a grain's enumeration travel.</summary>
public static class AsyncEnumerableExtensions
{
    /// <summary>At most <paramref name="maxBatchSize"/> elements that are ready travel together (default 100); no other enumeration is changed.</summary>
    public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        if (self is GrainEnumerable<T> enumerable)
        {
            enumerable.MaxBatchSize = maxBatchSize;
        }

        return self;
    }
}

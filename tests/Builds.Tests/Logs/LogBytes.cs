using ImageBuilder.Builds.Logs;

namespace ImageBuilder.Builds.Tests.Logs;

/// <summary>Bytes that tell where in a log they belong, and the reading of them.</summary>
internal static class LogBytes
{
    /// <summary>Those from <paramref name="from"/> on.</summary>
    public static byte[] Bytes(int from, int count) => [.. Enumerable.Range(from, count).Select(value => (byte)(value % 251))];

    /// <summary>What a log holds from <paramref name="offset"/> to the next gap, read in small pages.</summary>
    public static async Task<byte[]> ReadContiguousAsync(this IBuildLogs logs, Guid build, long offset)
    {
        var read = new List<byte>();
        while (await logs.ReadAsync(build, offset + read.Count, 10, default) is { Content.IsEmpty: false } page && page.Offset == offset + read.Count)
        {
            page.Content.Length.ShouldBeLessThanOrEqualTo(10);
            read.AddRange(page.Content.ToArray());
        }

        return [.. read];
    }
}

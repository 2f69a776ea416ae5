using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Grains.Messages;

/// <summary>What a shard of the directory remembers of a build in a page of its history: enough to find it and to tell when it is to be forgotten.</summary>
/// <param name="Id">The build.</param>
/// <param name="Created">When the order was accepted, in ticks of UTC.</param>
/// <param name="Finished">When the build ended, in ticks of UTC.</param>
/// <param name="WorkspaceRef">Hash of the image that the build makes.</param>
/// <param name="BaseRef">Hash of the image it stands on.</param>
/// <param name="Owner">Hash of the owner.</param>
/// <param name="LogKib">KiB of log that are kept, rounded up.</param>
/// <param name="Status">How the build ended.</param>
/// <param name="Reason">Why there is no image, plus 1; 0 when there is one.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.HistoryRow")]
public readonly record struct HistoryRow(
    [property: Id(0)] Guid Id,
    [property: Id(1)] long Created,
    [property: Id(2)] long Finished,
    [property: Id(3)] ulong WorkspaceRef,
    [property: Id(4)] ulong BaseRef,
    [property: Id(5)] ulong Owner,
    [property: Id(6)] int LogKib,
    [property: Id(7)] byte Status,
    [property: Id(8)] byte Reason)
{
    internal DirectoryPosition Position => new(new DateTimeOffset(Created, TimeSpan.Zero), Id);

    internal static HistoryRow Of(DirectoryEntry entry) => new(
        entry.Id,
        entry.CreatedAt.UtcTicks,
        (entry.FinishedAt ?? entry.CreatedAt).UtcTicks,
        Hash(entry.WorkspaceRef),
        Hash(entry.BaseRef),
        Hash(entry.Owner),
        (int)Math.Min(int.MaxValue, (entry.LogBytes + 1023) / 1024),
        (byte)entry.Status,
        ReasonCode(entry.Reason));

    internal static byte ReasonCode(FailureReason? reason) => reason is { } known ? (byte)((int)known + 1) : (byte)0;

    /// <summary>FNV-1a: the same in every process. Whoever found a build by it compares the text.</summary>
    internal static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }
}

using ImageBuilder.Builds.Logs;

namespace ImageBuilder.Postgres.Logs;

/// <summary>How logs are kept in a database.</summary>
public sealed record PostgresLogOptions
{
    /// <summary>Bytes kept of one log, at least 4 chunks. Default: that of <see cref="FileBuildLogs"/>.</summary>
    public long Limit { get; init; } = FileBuildLogs.DefaultLimit;

    /// <summary>Bytes in one chunk, at the most. Default: 256 KiB.</summary>
    public int ChunkSize { get; init; } = 256 << 10;

    /// <summary>How long a database that is away is waited for. Default: one minute, in which a server restarts or another takes its place.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);
}

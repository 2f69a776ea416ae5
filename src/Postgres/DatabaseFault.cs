using System.Net.Sockets;
using Npgsql;

namespace ImageBuilder.Postgres;

/// <summary>What faults of the database mean to whoever stores something in it.</summary>
internal static class DatabaseFault
{
    // errno of Linux, which is what HResult of an IOException holds: a full disk is told the same way wherever the disk is.
    private const int NoSpaceLeft = 28;

    /// <summary>Whether this is a fault of the database, or of the way to it.</summary>
    public static bool Is(Exception error) => error is NpgsqlException or SocketException or TimeoutException;

    /// <summary>Whether the same may succeed in a moment: the server restarts, has not become the first one yet, is full of clients, or the connection broke.</summary>
    public static bool IsPassing(Exception error) => error switch
    {
        PostgresException refusal => refusal.SqlState is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.IdleSessionTimeout
            or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.OutOfMemory
            or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            || refusal.SqlState.StartsWith("08", StringComparison.Ordinal),
        _ => Is(error),
    };

    /// <summary>What the caller of a store is told.</summary>
    public static IOException Translate(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.DiskFull }
        ? new FullDiskException(error)
        : new IOException($"the database refused: {error.Message}", error);

    private sealed class FullDiskException : IOException
    {
        public FullDiskException(Exception cause)
            : base("the database has no space left on its disk", cause) => HResult = NoSpaceLeft;
    }
}

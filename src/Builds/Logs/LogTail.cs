using System.Collections.Immutable;
using System.Text;

namespace ImageBuilder.Builds.Logs;

/// <summary>The last lines of a log, which say best why a build failed.</summary>
public static class LogTail
{
    /// <summary>Lines that are told with a failure, at the most.</summary>
    public const int MaxLines = 20;

    private const int MaxBytes = 16 * 1024;

    /// <summary>Reads the last lines of a build's log, at most <see cref="MaxLines"/> lines and 16 KiB.</summary>
    public static async Task<ImmutableArray<string>> ReadAsync(IBuildLogs logs, Guid buildId, CancellationToken cancellationToken)
    {
        var end = await logs.GetEndAsync(buildId, cancellationToken);
        var text = new StringBuilder();
        for (var offset = Math.Max(0, end - MaxBytes); offset < end;)
        {
            var page = await logs.ReadAsync(buildId, offset, MaxBytes, cancellationToken);
            if (page.Content.IsEmpty)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(page.Content.Span));
            offset = page.Next;
        }

        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')).TakeLast(MaxLines)];
    }
}

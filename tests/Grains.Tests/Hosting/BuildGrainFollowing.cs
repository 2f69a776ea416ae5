using System.Text;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Following builds as a gateway does.</summary>
internal static class BuildGrainFollowing
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>The build once it has ended.</summary>
    public static Task<BuildSnapshot> EndAsync(this IBuildGrain build) => build.UntilAsync(snapshot => snapshot.IsFinal);

    /// <summary>The build once it stands at <paramref name="status"/>.</summary>
    public static Task<BuildSnapshot> UntilAsync(this IBuildGrain build, BuildStatus status) => build.UntilAsync(snapshot => snapshot.Status == status);

    /// <summary>The whole log, until it ends.</summary>
    public static async Task<byte[]> ReadLogToEndAsync(this IBuildGrain build, int pageSize = 64 * 1024)
    {
        using var log = new MemoryStream();
        using var over = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            var chunk = await build.ReadLog(log.Length, pageSize, Wait);
            chunk.ShouldNotBeNull();
            chunk.Offset.ShouldBe(log.Length);
            log.Write(chunk.Content.AsSpan());
            if (chunk.Ended)
            {
                return log.ToArray();
            }

            over.Token.ThrowIfCancellationRequested();
        }
    }

    public static async Task<string> ReadLogTextAsync(this IBuildGrain build) => Encoding.UTF8.GetString(await build.ReadLogToEndAsync());

    /// <summary>Ends when the log holds at least <paramref name="length"/> bytes, which it gives.</summary>
    public static async Task<string> ReadLogUntilAsync(this IBuildGrain build, int length)
    {
        using var log = new MemoryStream();
        using var over = new CancellationTokenSource(Patience.Limit);
        while (log.Length < length)
        {
            var chunk = await build.ReadLog(log.Length, 1024, Wait);
            log.Write(chunk!.Content.AsSpan());
            over.Token.ThrowIfCancellationRequested();
        }

        return Encoding.UTF8.GetString(log.ToArray());
    }

    private static async Task<BuildSnapshot> UntilAsync(this IBuildGrain build, Func<BuildSnapshot, bool> reached)
    {
        using var over = new CancellationTokenSource(Patience.Limit);
        for (long version = 0; ;)
        {
            var snapshot = await build.Watch(version, Wait);
            snapshot.ShouldNotBeNull();
            if (reached(snapshot))
            {
                return snapshot;
            }

            snapshot.IsFinal.ShouldBeFalse($"the build ended as {snapshot.Status}: {snapshot.Failure?.Message}");
            version = snapshot.Version;
            over.Token.ThrowIfCancellationRequested();
        }
    }
}

using System.Globalization;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Init;

/// <summary>How much a build context may bring, its history in .git included.</summary>
/// <param name="Bytes">Bytes on the disk.</param>
/// <param name="Files">Files and folders.</param>
internal sealed record ContextLimits(long Bytes, long Files)
{
    private const string BytesVariable = "BOB_CONTEXT_SIZE_LIMIT";
    private const string FilesVariable = "BOB_CONTEXT_FILES_LIMIT";
    private const long DefaultBytes = 10L << 30;
    private const long DefaultFiles = 1_000_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Reads the limits: 10 GiB and a million files, unless BOB_CONTEXT_SIZE_LIMIT and BOB_CONTEXT_FILES_LIMIT say otherwise.</summary>
    /// <exception cref="UsageException">A variable holds no such number.</exception>
    public static ContextLimits Read(Func<string, string?> variable) => new(Read(variable, BytesVariable, DefaultBytes), Read(variable, FilesVariable, DefaultFiles));

    /// <summary>Runs <paramref name="fill"/>, which fills <paramref name="folder"/>, and cancels it as soon as the folder is past a limit.</summary>
    /// <exception cref="BobException">The folder is past a limit.</exception>
    public async Task HoldAsync(string folder, string address, Func<CancellationToken, Task> fill, TimeProvider time, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var filling = fill(ending.Token);
        var watching = WatchAsync(folder, address, time, ending.Token);
        var first = await Task.WhenAny(filling, watching);
        await ending.CancelAsync();
        await Task.WhenAll(filling, watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
        Check(folder, address);
    }

    private async Task WatchAsync(string folder, string address, TimeProvider time, CancellationToken cancellationToken)
    {
        var wait = s_interval;
        while (true)
        {
            await Task.Delay(wait, time, cancellationToken);
            var begin = time.GetTimestamp();
            Check(folder, address);
            // At most a tenth of a processor, however many files there are.
            wait = TimeSpan.FromTicks(Math.Max(s_interval.Ticks, time.GetElapsedTime(begin).Ticks * 9));
        }
    }

    private void Check(string folder, string address)
    {
        var size = FolderSize.Measure(folder, Bytes, Files);
        var problem = true switch
        {
            _ when size.Bytes > Bytes => $"with its history it is larger than {Bytes} bytes, the limit that {BytesVariable} sets; make the repository smaller",
            _ when size.Files > Files => $"with its history it has more than {Files} files and folders, the limit that {FilesVariable} sets; make the repository smaller",
            _ when !size.IsReadable => "it has paths that are too long; shorten the names of its folders",
            _ => null,
        };
        if (problem is not null)
        {
            throw new BobException(
                FailureReason.ContextUnavailable,
                $"build failed: the build context from {address} cannot be used: {problem}");
        }
    }

    private static long Read(Func<string, string?> variable, string name, long standard) => variable(name) switch
    {
        null or "" => standard,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 => limit,
        _ => throw new UsageException($"{name}: must be a whole number above 0"),
    };
}

namespace ImageBuilder.Bob.Processes;

/// <summary>A program that runs to its end and whose output bob reads.</summary>
internal static class CapturedCommand
{
    /// <summary>Runs <paramref name="program"/>, as <see cref="MergedOutput.StartAsync"/> does, and gives its exit code and all that it wrote.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">All of its environment; nothing of bob's own is inherited.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="limit">How many bytes it may write.</param>
    /// <param name="cancellationToken">Kills the program and all that it started.</param>
    /// <returns>Its exit code and output; null output when that is longer than the limit.</returns>
    public static async Task<(int ExitCode, byte[]? Output)> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string folder, int limit, CancellationToken cancellationToken)
    {
        using var process = await MergedOutput.StartAsync(program, arguments, variables, folder);
        try
        {
            using var output = new MemoryStream();
            var buffer = new byte[64 << 10];
            while (await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                if (output.Length <= limit)
                {
                    output.Write(buffer, 0, count);
                }
            }

            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output.Length <= limit ? output.ToArray() : null);
        }
        catch
        {
            await ProcessTree.KillDescendantsAsync();
            throw;
        }
    }
}

using System.Diagnostics;

namespace ImageBuilder.Bob.Processes;

/// <summary>A program that runs to its end while its output, with errors in their place among it, flows to bob's own.</summary>
internal static class ForegroundCommand
{
    private const int BufferSize = 64 << 10;

    /// <summary>Runs <paramref name="program"/> and gives its exit code and the end of its output.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">All of its environment; nothing of bob's own is inherited.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="silent">Whether its output is kept from bob's own.</param>
    /// <param name="secrets">What must not show in its output.</param>
    /// <param name="cancellationToken">Kills the program and all that it started.</param>
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> variables,
        string folder,
        bool silent,
        IReadOnlyCollection<string> secrets,
        CancellationToken cancellationToken)
    {
        using var process = await MergedOutput.StartAsync(program, arguments, variables, folder);
        return await FollowAsync(process, () => Task.CompletedTask, silent, secrets, cancellationToken);
    }

    /// <summary>As <see cref="RunAsync"/>, of a program that <see cref="MergedOutput.StartAsync"/> has started and <paramref name="tell"/> tells what to do.</summary>
    public static async Task<CommandResult> FollowAsync(
        Process process, Func<Task> tell, bool silent, IReadOnlyCollection<string> secrets, CancellationToken cancellationToken)
    {
        try
        {
            await tell();
            var tail = await CopyAsync(process.StandardOutput.BaseStream, silent ? Stream.Null : Console.OpenStandardOutput(), secrets, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, tail.ToString());
        }
        catch
        {
            await ProcessTree.KillDescendantsAsync();
            throw;
        }
    }

    private static async Task<OutputTail> CopyAsync(Stream output, Stream own, IReadOnlyCollection<string> secrets, CancellationToken cancellationToken)
    {
        var tail = new OutputTail();
        var redaction = new Redaction(secrets, async (bytes, stop) =>
        {
            tail.Append(bytes.Span);
            await own.WriteAsync(bytes, stop);
        });
        var buffer = new byte[BufferSize];
        while (await output.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            await redaction.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        await redaction.CompleteAsync(cancellationToken);
        return tail;
    }
}

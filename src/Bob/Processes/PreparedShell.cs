using System.Diagnostics;

namespace ImageBuilder.Bob.Processes;

/// <summary>
/// A confined shell (<see cref="Confinement"/>) that is there before it is known what it is to run: to start it and make its namespaces takes longer than what is then
/// left to do. It becomes one program, or, disposed of before, ends.
/// </summary>
internal sealed class PreparedShell : IAsyncDisposable
{
    private readonly Process _process;
    private bool _isUsed;

    private PreparedShell(Process process) => _process = process;

    /// <summary>Starts one.</summary>
    /// <param name="variables">All of the environment of what it will run.</param>
    /// <param name="folder">Its own working folder.</param>
    public static async Task<PreparedShell> StartAsync(IReadOnlyDictionary<string, string> variables, string folder) =>
        new(await MergedOutput.StartAsync(Confinement.Program, Confinement.Of("sh"), variables, folder, keepsInput: true));

    /// <summary>Runs <paramref name="program"/>, once, as <see cref="ForegroundCommand.RunAsync"/> does.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">What its environment has beside that of the shell.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="secrets">What must not show in its output.</param>
    /// <param name="cancellationToken">Kills the program and all that bob started.</param>
    public async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> variables,
        string folder,
        IReadOnlyCollection<string> secrets,
        CancellationToken cancellationToken)
    {
        _isUsed = true;
        var exports = string.Concat(variables.Select(variable => $"export {variable.Key}={Quote(variable.Value)}\n"));
        var script = $"{exports}cd {Quote(folder)} && exec {string.Join(' ', arguments.Prepend(program).Select(Quote))}\n";
        return await ForegroundCommand.FollowAsync(_process, () => TellAsync(script), silent: false, secrets, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_isUsed)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task TellAsync(string script)
    {
        try
        {
            await using var input = _process.StandardInput;
            await input.WriteAsync(script);
        }
        catch (IOException)
        {
            // It was killed, which its exit code says.
        }
    }

    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

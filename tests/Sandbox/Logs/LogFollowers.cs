using System.Text.Json;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>Followers of one log in a process of their own.</summary>
internal sealed class LogFollowers : IAsyncDisposable
{
    private const string Begun = "begun";

    private readonly RunningProcess _process;

    private LogFollowers(RunningProcess process) => _process = process;

    /// <summary>Starts <paramref name="count"/> of them; ends when all have got their first bytes.</summary>
    public static async Task<LogFollowers> StartAsync(
        string output, string address, string workspaceRef, int count, long rate, TimeSpan patience, CancellationToken cancellationToken)
    {
        var followers = new LogFollowers(await RunningProcess.StartAsync(
            Environment.ProcessPath!,
            ["follow-logs", "--address", address, "--ref", workspaceRef, "--count", $"{count}", "--rate", $"{rate}", "--patience", $"{(int)patience.TotalSeconds}"],
            output));
        while (!File.Exists(output) || !(await File.ReadAllTextAsync(output, cancellationToken)).StartsWith(Begun, StringComparison.Ordinal))
        {
            if (followers._process.Exited.IsCompleted)
            {
                throw new InvalidOperationException($"the followers ended:\n{followers._process.LogTail()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }

        return followers;
    }

    /// <summary>What <see cref="StartAsync"/> starts.</summary>
    public static async Task<int> RunAsync(string address, string workspaceRef, int count, long rate, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        var followers = Enumerable.Range(0, count).Select(_ => new LogFollower()).ToList();
        var following = followers.Select(follower => Task.Run(() => follower.FollowAsync(address, workspaceRef, rate, over.Token))).ToList();
        await Task.WhenAny(Task.WhenAll(followers.Select(follower => follower.Begun)), Task.WhenAll(following));
        await Console.Out.WriteLineAsync(Begun);
        foreach (var log in await Task.WhenAll(following))
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(log));
        }

        return 0;
    }

    /// <summary>What they got, once all have ended.</summary>
    public async Task<List<FollowedLog>> ReadAsync(CancellationToken cancellationToken)
    {
        await _process.Exited.WaitAsync(cancellationToken);
        return _process.ExitCode == 0
            ? [.. (await File.ReadAllLinesAsync(_process.LogFile, cancellationToken)).Skip(1).Select(line => JsonSerializer.Deserialize<FollowedLog>(line)!)]
            : throw new InvalidOperationException($"the followers failed:\n{_process.LogTail()}");
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

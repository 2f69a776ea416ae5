using System.Diagnostics;
using System.Globalization;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// A process of the builder command, leader of its own process group, so that it outlives this service and can be ended with all its
/// children. It is known by its id and its start time, which tell it from a later process with the same id.
/// </summary>
internal sealed class BuilderProcess : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly int _id;
    private readonly string _startTime;
    private readonly System.Diagnostics.Process? _child;

    private BuilderProcess(int id, string startTime, System.Diagnostics.Process? child)
    {
        _id = id;
        _startTime = startTime;
        _child = child;
    }

    /// <summary>Whether the process runs; one that has ended but was not yet waited for does not.</summary>
    public bool IsRunning => ReadStat(_id) is { } stat && stat.StartTime == _startTime && stat.State is not ('Z' or 'X');

    /// <summary>
    /// Starts <paramref name="command"/> in a session of its own, its output appended to <paramref name="logFile"/>, and notes it in
    /// <paramref name="idFile"/>, as a member of <paramref name="group"/> if there is one. <paramref name="input"/> is written to its standard input; null leaves that open for <see cref="GiveInputAsync(string, CancellationToken)"/>.
    /// With <paramref name="endsWithService"/> the process is killed when this one ends.
    /// </summary>
    public static async Task<BuilderProcess> StartAsync(
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string> environment,
        string folder,
        string logFile,
        string idFile,
        ControlGroup? group,
        string? input,
        bool endsWithService,
        CancellationToken cancellationToken)
    {
        string[] prefix = endsWithService ? StarterThread.Prefix : [];
        var start = new ProcessStartInfo(endsWithService ? prefix[0] : "/bin/sh")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        // It becomes the builder when it hears that it was noted. If this service ends before that, it hears the end of its input, and ends too: nobody would find it.
        foreach (var argument in (string[])[.. prefix.Skip(1), .. endsWithService ? ["/bin/sh"] : Array.Empty<string>(), "-c", "read -r noted && exec setsid \"$@\" >>\"$0\" 2>&1", logFile, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = (endsWithService ? await StarterThread.StartAsync(start) : System.Diagnostics.Process.Start(start))
            ?? throw new InvalidOperationException("the builder did not start");
        var builder = new BuilderProcess(process.Id, ReadStat(process.Id)?.StartTime ?? string.Empty, process);
        try
        {
            await File.WriteAllTextAsync(idFile, $"{builder._id} {builder._startTime}", cancellationToken);
            group?.Add(builder._id);
            await builder.WriteInputAsync("noted\n", cancellationToken);
            if (input is not null)
            {
                await builder.GiveInputAsync(input, cancellationToken);
            }
        }
        catch
        {
            // Nobody would know of it.
            builder.KillGroup();
            builder.Dispose();
            throw;
        }

        return builder;
    }

    /// <summary>The process noted in <paramref name="idFile"/>; null when there is no such note.</summary>
    public static BuilderProcess? Find(string idFile)
    {
        if (!File.Exists(idFile))
        {
            return null;
        }

        var parts = File.ReadAllText(idFile).Split(' ');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 1
            ? new BuilderProcess(id, parts[1], child: null)
            : null;
    }

    /// <summary>Waits for the end of the process: at once for a child of this process, by looking now and then for any other.</summary>
    public async Task WaitForExitAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        if (_child is not null)
        {
            await _child.WaitForExitAsync(cancellationToken);
            return;
        }

        using var timer = new PeriodicTimer(PollInterval, clock);
        while (IsRunning && await timer.WaitForNextTickAsync(cancellationToken))
        {
        }
    }

    /// <inheritdoc />
    public void Dispose() => _child?.Dispose();

    /// <summary>Asks the process to clean up and end; the children are its own business.</summary>
    public void Terminate()
    {
        if (IsRunning)
        {
            Signals.Terminate(_id);
        }
    }

    /// <summary>Holds the process and its group where they are, or lets them go on.</summary>
    public void Hold(bool held)
    {
        if (!IsRunning)
        {
            return;
        }

        if (held)
        {
            Signals.StopGroup(_id);
        }
        else
        {
            Signals.ContinueGroup(_id);
        }
    }

    /// <summary>Ends the process and every process of its group. The group may have outlived its leader.</summary>
    public void KillGroup()
    {
        // A leader that has ended may stay a zombie for as long as its parent likes; the id is its own until then.
        if (ReadStat(_id) is not { } stat || stat.StartTime == _startTime)
        {
            Signals.KillGroup(_id);
        }

        if (IsRunning)
        {
            // It was just started, and has not made its group yet.
            Signals.Kill(_id);
        }
    }

    /// <summary>Writes all of the process's standard input. Only for a child of this process that was started without.</summary>
    public async Task GiveInputAsync(string input, CancellationToken cancellationToken)
    {
        await WriteInputAsync(input, cancellationToken);
        try
        {
            _child!.StandardInput.Close();
        }
        catch (IOException)
        {
            // As below.
        }
    }

    private async Task WriteInputAsync(string text, CancellationToken cancellationToken)
    {
        try
        {
            await _child!.StandardInput.WriteAsync(text.AsMemory(), cancellationToken);
            await _child.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It ended before it read its input; how it ended tells why.
        }
    }

    private static (char State, string StartTime)? ReadStat(int id)
    {
        try
        {
            // The command's name, in parentheses, may hold anything; the fields behind it are numbered from 3, and field 22 is the start time.
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], fields[22 - 3]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

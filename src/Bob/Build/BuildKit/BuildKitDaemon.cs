using System.Net.Sockets;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>A buildkitd that bob started, and that ends with it.</summary>
internal sealed class BuildKitDaemon : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(2);

    // What sockaddr_un holds, with its end.
    private const int MaximumSocketPath = 107;

    private readonly BuildKitRoot _root;
    private readonly BackgroundCommand _process;

    private BuildKitDaemon(BuildKitRoot root, BackgroundCommand process, string socket)
    {
        _root = root;
        _process = process;
        Socket = socket;
    }

    /// <summary>The path of the socket that it listens on.</summary>
    public string Socket { get; }

    /// <summary>Where BuildKit's client reaches it.</summary>
    public string Address => "unix://" + Socket;

    /// <summary>The folder of what it keeps.</summary>
    public string State => _root.State;

    /// <summary>A file that is there while it may keep files of a build's context.</summary>
    public string ContextsFile => _root.ContextsFile;

    /// <summary>Whether it has not ended.</summary>
    public bool IsRunning => !_process.Exited.IsCompleted;

    /// <summary>Ends when it ends, which it does not by itself.</summary>
    public Task Exited => _process.Exited;

    /// <summary>The end of what it wrote.</summary>
    public string Tail => _process.Tail;

    /// <summary>Starts one on <paramref name="root"/>, which is its own from now on, and waits up to 30 s until it listens.</summary>
    /// <exception cref="BobException">It does not come up; the message has what it wrote.</exception>
    public static async Task<BuildKitDaemon> StartAsync(BuildKitRoot root, BuildKitDaemonSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = settings.Socket.Length > 0 ? settings.Socket : Path.Combine(root.Folder, "socket");
        BackgroundCommand? process = null;
        try
        {
            if (socket.Length > MaximumSocketPath)
            {
                throw new BobException(FailureReason.Internal, $"build failed: the path of buildkitd's socket, {socket}, is longer than {MaximumSocketPath} characters; move the storage");
            }

            File.Delete(socket);
            BuildKitRuntime.Write(root.RuntimeFile);
            await File.WriteAllTextAsync(root.ConfigurationFile, settings.Configuration(root.State, socket, root.RuntimeFile), cancellationToken);
            process = await BackgroundCommand.StartAsync(
                Confinement.Program, [.. Confinement.Of("buildkitd"), "--config", root.ConfigurationFile], Variables(root), root.Folder);
            await ListeningAsync(socket, process, time, cancellationToken);
            return new BuildKitDaemon(root, process, socket);
        }
        catch
        {
            await (process?.DisposeAsync() ?? default);
            await root.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _root.DisposeAsync();
    }

    // The log is bounded by whoever keeps it, who keeps its end as well.
    private static Dictionary<string, string> Variables(BuildKitRoot root) => new()
    {
        ["PATH"] = EnginePrograms.Path,
        ["HOME"] = root.Folder,
        ["TMPDIR"] = root.Temporary,
        ["LC_ALL"] = "C",
        ["BUILDKIT_STEP_LOG_MAX_SIZE"] = "-1",
        ["BUILDKIT_STEP_LOG_MAX_SPEED"] = "-1",
    };

    private static async Task ListeningAsync(string socket, BackgroundCommand process, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!await AnswersAsync(socket, cancellationToken))
        {
            if (process.Exited.IsCompleted || time.GetElapsedTime(start) >= s_patience)
            {
                var how = process.Exited.IsCompleted ? "ended" : $"did not listen within {s_patience.TotalSeconds:0} s";
                throw new BobException(FailureReason.Internal, $"build failed: buildkitd {how}: {string.Join('\n', process.Tail.Trim().Split('\n').TakeLast(5))}");
            }

            await Task.Delay(s_interval, time, cancellationToken);
        }
    }

    private static async Task<bool> AnswersAsync(string socket, CancellationToken cancellationToken)
    {
        using var client = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

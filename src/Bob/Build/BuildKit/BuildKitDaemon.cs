using System.Net.Sockets;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>A buildkitd that bob started, and that ends with it.</summary>
internal sealed class BuildKitDaemon : IAsyncDisposable
{
    // Before its error, behind which it shows where in its source that came from.
    private const string Error = "buildkitd: ";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1);

    // What sockaddr_un holds, with its end.
    private const int MaximumSocketPath = 107;

    private readonly BuildKitRoot _root;
    private readonly BackgroundCommand _process;

    private BuildKitDaemon(BuildKitRoot root, BackgroundCommand process, string socket, TimeProvider time)
    {
        _root = root;
        _process = process;
        Socket = socket;
        Answering = AnswerAsync(socket, process, time);
    }

    /// <summary>The path of the socket that it listens on.</summary>
    public string Socket { get; }

    /// <summary>Where BuildKit's client reaches it.</summary>
    public string Address => "unix://" + Socket;

    /// <summary>The folder of what it keeps.</summary>
    public string State => _root.State;

    /// <summary>A file that is there while it may keep files of a build's context.</summary>
    public string ContextsFile => _root.ContextsFile;

    /// <inheritdoc cref="BuildKitRoot.IsWithin" />
    public bool IsWithin(long limit) => _root.IsWithin(limit);

    /// <inheritdoc cref="BuildKitRoot.NotePruned" />
    public void NotePruned(long limit) => _root.NotePruned(limit);

    /// <summary>Ends when it answers for the first time; fails when it has not done so within 30 s, with a message that has what it wrote. Who connects before waits for it.</summary>
    /// <exception cref="BobException">It does not come up.</exception>
    public Task Answering { get; }

    /// <summary>Whether it has not ended.</summary>
    public bool IsRunning => !_process.Exited.IsCompleted;

    /// <summary>Ends when it ends, which it does not by itself.</summary>
    public Task Exited => _process.Exited;

    /// <summary>The end of what it wrote.</summary>
    public string Tail => _process.Tail;

    /// <summary>Starts one on <paramref name="root"/>, which is its own from now on. Its socket is there at once, so that its client can start beside it.</summary>
    /// <exception cref="BobException">It cannot listen.</exception>
    public static async Task<BuildKitDaemon> StartAsync(BuildKitRoot root, BuildKitDaemonSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = settings.Socket.Length > 0 ? settings.Socket : Path.Combine(root.Folder, "socket");
        try
        {
            using var listener = Listen(socket);
            BuildKitRuntime.Write(root.RuntimeFile);
            KeptFile.Write(root.ConfigurationFile, settings.Configuration(root.State, root.RuntimeFile));
            var process = await BackgroundCommand.StartAsync(
                Confinement.Program, [.. Confinement.Of("buildkitd"), "--config", root.ConfigurationFile], Variables(root), root.Folder, listener.SafeHandle);
            return new BuildKitDaemon(root, process, socket, time);
        }
        catch
        {
            await root.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(Socket);
        await _root.DisposeAsync();
    }

    // The log is bounded by whoever keeps it, who keeps its end as well. It is the first process of its namespace, and has its socket as sd_listen_fds(3) says.
    private static Dictionary<string, string> Variables(BuildKitRoot root) => new()
    {
        ["PATH"] = EnginePrograms.Path,
        ["HOME"] = root.Folder,
        ["TMPDIR"] = root.Temporary,
        ["LC_ALL"] = "C",
        ["LISTEN_PID"] = "1",
        ["LISTEN_FDS"] = "1",
        ["BUILDKIT_STEP_LOG_MAX_SIZE"] = "-1",
        ["BUILDKIT_STEP_LOG_MAX_SPEED"] = "-1",
    };

    // bob's own part of it, which bob lets go of when the daemon has it, takes the file of its name along: so it has another one.
    private static System.Net.Sockets.Socket Listen(string path)
    {
        var first = path + "~";
        if (first.Length > MaximumSocketPath)
        {
            throw new BobException(FailureReason.Internal, $"build failed: the path of buildkitd's socket, {path}, is longer than {MaximumSocketPath - 1} characters; move the storage");
        }

        File.Delete(first);
        var listener = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(first));
            File.SetUnixFileMode(first, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            listener.Listen();
            File.Move(first, path, overwrite: true);
            return listener;
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new BobException(FailureReason.Internal, $"build failed: buildkitd's socket, {path}, cannot be made: {exception.Message}");
        }
    }

    private static async Task AnswerAsync(string socket, BackgroundCommand process, TimeProvider time)
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        using var client = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), patience.Token);

            // It speaks HTTP/2, where a server does not wait for its client to speak.
            if (await client.ReceiveAsync(new byte[1], patience.Token) > 0)
            {
                return;
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // What it wrote says more.
        }

        await Task.WhenAll(process.Exited, process.Written).WaitAsync(s_lastWords, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var how = process.Exited.IsCompleted ? "ended" : $"did not listen within {s_patience.TotalSeconds:0} s";
        var lines = process.Tail.Trim().Split('\n');
        throw new BobException(
            FailureReason.Internal, $"build failed: buildkitd {how}: {lines.LastOrDefault(line => line.StartsWith(Error, StringComparison.Ordinal))?[Error.Length..] ?? string.Join('\n', lines.TakeLast(5))}");
    }
}

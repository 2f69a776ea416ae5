using System.Net;
using System.Net.Sockets;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Git;

/// <summary>An sshd on 127.0.0.1 with keys of its own, and an agent that holds the one key that opens it.</summary>
public sealed class SshServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RunningProcess _server;
    private readonly RunningProcess _agent;

    private SshServer(RunningProcess server, RunningProcess agent, int port, string folder)
    {
        _server = server;
        _agent = agent;
        Port = port;
        AgentSocket = Path.Combine(folder, "agent");
        KnownHosts = Path.Combine(folder, "known_hosts");
        Programs = Path.Combine(folder, "bin");
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>For variable SSH_AUTH_SOCK.</summary>
    public string AgentSocket { get; }

    /// <summary>A file of known hosts that has this one alone.</summary>
    public string KnownHosts { get; }

    /// <summary>A folder of programs that clients can run there, beside the machine's own.</summary>
    public string Programs { get; }

    /// <summary>Starts one whose files lie in <paramref name="folder"/>, which is created.</summary>
    public static async Task<SshServer> StartAsync(string folder, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory("/run/sshd");
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        string File(string name) => Path.Combine(folder, name);
        foreach (var key in new[] { "host", "user" })
        {
            await Command.CheckAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", string.Empty, "-f", File(key)], cancellationToken: cancellationToken);
        }

        var port = FreePort.Choose();
        await System.IO.File.WriteAllTextAsync(
            File("config"),
            $"ListenAddress 127.0.0.1:{port}\nHostKey {File("host")}\nAuthorizedKeysFile {File("user.pub")}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nSetEnv PATH={File("bin")}:/usr/bin:/bin\n",
            cancellationToken);
        await System.IO.File.WriteAllTextAsync(File("known_hosts"), $"[127.0.0.1]:{port} {await System.IO.File.ReadAllTextAsync(File("host.pub"), cancellationToken)}", cancellationToken);
        var server = new SshServer(
            await RunningProcess.StartAsync("/usr/sbin/sshd", ["-D", "-e", "-f", File("config")], File("sshd.log")),
            await RunningProcess.StartAsync("ssh-agent", ["-D", "-a", File("agent")], File("agent.log")),
            port,
            folder);
        try
        {
            await server.WaitUntilReadyAsync(cancellationToken);
            await Command.CheckAsync(
                "ssh-add", ["-q", File("user")], variables: new Dictionary<string, string> { ["SSH_AUTH_SOCK"] = server.AgentSocket }, cancellationToken: cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the repository in folder <paramref name="path"/> is served.</summary>
    public string Url(string path) => $"ssh://{Environment.UserName}@127.0.0.1:{Port}{path}";

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);

        // The agent's socket is there before the agent listens on it.
        while (!await ListensAsync(new UnixDomainSocketEndPoint(AgentSocket), deadline.Token) || !await ListensAsync(new IPEndPoint(IPAddress.Loopback, Port), deadline.Token))
        {
            await (_server.Exited.IsCompleted ? throw new InvalidOperationException($"sshd ended:\n{_server.LogTail()}") : Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token));
        }
    }

    private static async Task<bool> ListensAsync(EndPoint place, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(place, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

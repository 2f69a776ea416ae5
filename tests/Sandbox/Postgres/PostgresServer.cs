using System.Security.Cryptography;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Postgres;

/// <summary>
/// A PostgreSQL server of its own, which asks for a password. As root it runs as user <c>postgres</c>, since the server refuses to be root. It ends with
/// this process, and its files with <see cref="DisposeAsync"/>.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Account = "postgres";
    private const string User = "imagebuilder";
    private const int Interrupt = 2;
    private const int Quit = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // For setpriv.
    private static readonly string[] s_account = Environment.IsPrivilegedProcess ? ["--reuid", Account, "--regid", Account, "--init-groups"] : [];

    private readonly string _programs;
    private readonly string _folder;
    private readonly string _password;
    private RunningProcess? _process;

    private PostgresServer(string programs, string folder, string password, PostgresServerOptions options)
    {
        (_programs, _folder, _password) = (programs, folder, password);
        Options = options;
    }

    /// <summary>What kind it is, with the port that was chosen.</summary>
    public PostgresServerOptions Options { get; }

    /// <summary>The port it listens on.</summary>
    public int Port => Options.Port;

    /// <summary>The processor time that it has used since it was started.</summary>
    public TimeSpan ProcessorTime => ProcessFamily.ProcessorTimeOf(_process!.Id);

    /// <summary>Opens the database that every server has, by 127.0.0.1.</summary>
    public string ConnectionString => ConnectionStringOf("postgres");

    /// <summary>Opens <paramref name="database"/>, by 127.0.0.1 unless another <paramref name="host"/> is given.</summary>
    public string ConnectionStringOf(string database, string host = "127.0.0.1") =>
        $"Host={host};Port={Port};Database={database};Username={User};Password={_password}";

    /// <summary>Starts one with nothing in it.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message holds its last output.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new PostgresServerOptions();
        options = options with { Port = options.Port == 0 ? FreePort.Choose() : options.Port };
        var folder = Directory.CreateTempSubdirectory("postgres-").FullName;
        var server = new PostgresServer(FindPrograms(), folder, RandomNumberGenerator.GetHexString(32, lowercase: true), options);
        try
        {
            await server.CreateClusterAsync(cancellationToken);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a database with nothing in it and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var name = $"db_{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        await RunClientAsync("createdb", [name], cancellationToken);
        return ConnectionStringOf(name);
    }

    /// <summary>Ends the server as a crash of it would: connections break, and nothing is written that was not committed.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        _process.Signal(Quit);
        await _process.Exited.WaitAsync(s_patience);
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Starts a server that was stopped, on what it has stored.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        // The parent-death signal does not outlast the change of the user, so it is asked for once more.
        _process = await RunningProcess.StartAsync(
            "setpriv", [.. s_account, "--pdeathsig", "KILL", "--", Program("postgres"), "-D", DataFolder], Path.Combine(_folder, "log"));
        await WaitUntilReadyAsync(_process, cancellationToken);
    }

    /// <summary><see cref="StopAsync"/>, then <see cref="StartAgainAsync"/>.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync();
        await StartAgainAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // A fast shutdown, which breaks connections but leaves no shared memory behind.
        _process?.Signal(Interrupt);
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string DataFolder => Path.Combine(_folder, "data");

    private string Program(string name) => Path.Combine(_programs, name);

    /// <summary>Debian keeps the programs of a server outside of PATH, one folder a version.</summary>
    private static string FindPrograms()
    {
        const string versions = "/usr/lib/postgresql";
        var installed = Directory.Exists(versions)
            ? Directory.EnumerateDirectories(versions).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin"))
            : [];
        return installed.Concat((Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':'))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new InvalidOperationException("PostgreSQL is not on this machine: install package postgresql");
    }

    private async Task CreateClusterAsync(CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, _password, cancellationToken);
        if (Environment.IsPrivilegedProcess)
        {
            await Command.CheckAsync("chown", ["-R", $"{Account}:", _folder], cancellationToken: cancellationToken);
        }

        await Command.CheckAsync(
            "setpriv",
            [
                .. s_account, "--", Program("initdb"), "--pgdata", DataFolder, "--username", User, "--pwfile", passwordFile,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
            ],
            folder: _folder,
            cancellationToken: cancellationToken);
        await File.AppendAllTextAsync(Path.Combine(DataFolder, "postgresql.conf"), Configuration(), cancellationToken);
        await File.AppendAllTextAsync(Path.Combine(DataFolder, "pg_hba.conf"), "host all all 0.0.0.0/0 scram-sha-256\n", cancellationToken);
    }

    private string Configuration() =>
        $"""
        listen_addresses = '127.0.0.1{(Options.Address is null ? string.Empty : $",{Options.Address}")}'
        port = {Port}
        unix_socket_directories = ''
        fsync = {(Options.Durable ? "on" : "off")}
        max_connections = 200

        """;

    private async Task WaitUntilReadyAsync(RunningProcess process, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        while ((await Command.RunAsync(Program("pg_isready"), ["--quiet", .. Address()], cancellationToken: deadline.Token)).ExitCode != 0)
        {
            await (process.Exited.IsCompleted
                ? throw new InvalidOperationException($"PostgreSQL on port {Port} did not start:\n{process.LogTail()}")
                : Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token));
        }
    }

    private string[] Address() => ["--host", "127.0.0.1", "--port", $"{Port}"];

    private Task<string> RunClientAsync(string program, string[] arguments, CancellationToken cancellationToken) => Command.CheckAsync(
        Program(program),
        [.. Address(), "--username", User, "--no-password", .. arguments],
        variables: new Dictionary<string, string> { ["PGPASSWORD"] = _password },
        cancellationToken: cancellationToken);
}

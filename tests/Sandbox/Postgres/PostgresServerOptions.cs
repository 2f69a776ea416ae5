namespace ImageBuilder.Sandbox.Postgres;

/// <summary>What kind of PostgreSQL server.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>The port to listen on; 0 chooses one.</summary>
    public int Port { get; init; }

    /// <summary>An address to listen on beside 127.0.0.1, such as that of a bridge to other network namespaces; it exists when the server starts.</summary>
    public string? Address { get; init; }

    /// <summary>Whether what is committed outlasts a crash of the machine, as in production. Without it the server starts and writes faster; restarts lose nothing.</summary>
    public bool Durable { get; init; }
}

namespace ImageBuilder.Sandbox.Figures;

/// <summary>How resolves are measured.</summary>
public sealed record ResolveFiguresOptions
{
    /// <summary>How often each figure is taken. Default 7.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>How long each takes. Default 5 seconds.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections of the clients to each server. Default 4.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Calls under way at a time, over all connections, where as many are made as the server answers. Default 64.</summary>
    public int Calls { get; init; } = 64;
}

namespace ImageBuilder.Silo.Hosting;

/// <summary>Whether the service takes calls: it does once it has started, and for as long as nothing that it needs is missing.</summary>
internal sealed class Readiness
{
    private volatile string? _problem = "it has not started yet";

    /// <summary>Why it does not; null when it does.</summary>
    public string? Problem => _problem;

    /// <summary>Says that it does from now on, or why it does not.</summary>
    public void Set(string? problem = null) => _problem = problem;
}

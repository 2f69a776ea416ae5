namespace ImageBuilder.Silo.Configuration;

/// <summary>Why the service cannot run with a configuration, in one line.</summary>
/// <param name="Key">The key at fault (<c>orchestrator.baseImageRepository</c>, <c>refCache.refs[2]</c>), or <c>--config</c> when it is the file as a whole.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
internal sealed record ConfigurationError(string Key, string Message)
{
    /// <summary>The line that an operator reads.</summary>
    public override string ToString() => $"{Key}: {Message}";
}

namespace ImageBuilder.Registry.Credentials;

/// <summary>How docker credential helpers are asked.</summary>
public sealed record CredentialHelperOptions
{
    /// <summary>
    /// The folders, separated by ":", in which helpers are searched. Default: the PATH of this process.
    /// </summary>
    public string SearchPath { get; init; } = Environment.GetEnvironmentVariable("PATH") ?? string.Empty;

    /// <summary>How long a helper may take; then it and all that it started is killed. Default 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a credential is kept before its helper is asked again. Default 60 s: helpers of clouds give out tokens that are good for some
    /// minutes at least.
    /// </summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the answer that there is no credential, or a failure, is kept. Default 10 s.</summary>
    public TimeSpan NegativeFreshness { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many helpers run at a time; the rest wait. Default 4.</summary>
    public int MaximumProcesses { get; init; } = 4;
}

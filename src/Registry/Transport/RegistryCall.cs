namespace ImageBuilder.Registry.Transport;

/// <summary>How one call goes about it. The cancellation token given beside it ends the whole call, whatever stands here.</summary>
public sealed record RegistryCall
{
    /// <summary>No waiting for rate limits, 30 s for each request.</summary>
    public static RegistryCall Default { get; } = new();

    /// <summary>Rate limits are waited out, up to 5 minutes for each request.</summary>
    public static RegistryCall Patient { get; } = new() { Retry = RegistryRetry.Wait, Deadline = TimeSpan.FromMinutes(5) };

    /// <summary>Whether to wait out rate limits; default <see cref="RegistryRetry.None"/>.</summary>
    public RegistryRetry Retry { get; init; }

    /// <summary>Whether reading may be done from the registry's mirrors; default true. False for what must be true of the registry itself, as before a push.</summary>
    public bool UseMirrors { get; init; } = true;

    /// <summary>
    /// How long one request may take, tokens, redirects, retries and waiting included, until its answer begins; default 30 s. The bytes of a blob
    /// are not counted: they may take as long as they flow (<see cref="RegistryTransportOptions.StallTimeout"/>).
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);
}

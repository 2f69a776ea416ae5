namespace ImageBuilder.Bob.Init;

/// <summary>A server answered git with a redirect, which git does not follow by itself.</summary>
/// <param name="address">The repository that was asked for.</param>
internal sealed class GitRedirectException(string address) : Exception($"redirected: {address}")
{
    /// <summary>The repository that was asked for.</summary>
    public string Address { get; } = address;
}

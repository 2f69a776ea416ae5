namespace ImageBuilder.Grains;

/// <summary>The place of a silo without others.</summary>
internal sealed class OnlySite : IBuildSites, IDisposable
{
    /// <inheritdoc />
    public string Here => string.Empty;

    /// <inheritdoc />
    public string Run => string.Empty;

    /// <inheritdoc />
    public bool TakesBuilds => true;

    /// <inheritdoc />
    public bool IsAlive(string name) => false;

    /// <inheritdoc />
    public IDisposable Enter() => this;

    /// <inheritdoc />
    public void Dispose()
    {
    }
}

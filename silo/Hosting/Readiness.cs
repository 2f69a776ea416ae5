namespace ImageBuilder.Silo.Hosting;

/// <summary>Whether the service takes calls: it does once the silo has started and unfinished builds were taken up.</summary>
internal sealed class Readiness
{
    private volatile bool _isReady;

    /// <summary>Whether it does.</summary>
    public bool IsReady => _isReady;

    /// <summary>Says that it does from now on.</summary>
    public void Set() => _isReady = true;
}

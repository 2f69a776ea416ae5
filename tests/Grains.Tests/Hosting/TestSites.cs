namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>A silo among others.</summary>
internal sealed class TestSites(string here, string run) : IBuildSites
{
    public HashSet<string> Alive { get; } = [];

    public string Here => here;

    public string Run => run;

    public bool TakesBuilds { get; set; } = true;

    public bool IsAlive(string name) => Alive.Contains(name);

    public IDisposable Enter() => new OnlySite();
}

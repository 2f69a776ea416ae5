namespace ImageBuilder.Grains;

/// <summary>The silos as places where builders run: a builder stays where it was started, while grains may move.</summary>
public interface IBuildSites
{
    /// <summary>This silo's name, the same whenever it starts again; empty where there is no other.</summary>
    string Here { get; }

    /// <summary>This run of the silo: builders of an earlier one have ended with it; empty where builders outlive the silo.</summary>
    string Run { get; }

    /// <summary>Whether builders may be started here; no longer when this silo is about to stop.</summary>
    bool TakesBuilds { get; }

    /// <summary>Whether the silo of a name is alive as far as this one knows.</summary>
    bool IsAlive(string name);

    /// <summary>Notes that a builder is followed here until the result is disposed of.</summary>
    IDisposable Enter();
}

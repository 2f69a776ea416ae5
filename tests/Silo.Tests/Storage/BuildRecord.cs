using System.Collections.Immutable;

namespace ImageBuilder.Silo.Tests.Storage;

/// <summary>A state with everything that grains keep.</summary>
public sealed class BuildRecord
{
    public string? Name { get; set; }

    public BuildPhase Phase { get; set; }

    public ImmutableArray<Step> Steps { get; set; } = [];

    public ImmutableDictionary<string, int> Counts { get; set; } = ImmutableDictionary<string, int>.Empty;

    public ImmutableDictionary<Guid, Step> ById { get; set; } = ImmutableDictionary<Guid, Step>.Empty;

    public DateTimeOffset? Started { get; set; }

    public TimeSpan Deadline { get; set; }

    public Guid? Id { get; set; }

    public Uri? Source { get; set; }

    public Step? Last { get; set; }
}

using System.Collections.Immutable;

namespace ImageBuilder.Builds;

/// <summary>What a Dockerfile is built with. All of it is part of what an image is made from, and none of it is secret.</summary>
public sealed record BuildExtras
{
    /// <summary>Nothing: the Dockerfile as it is.</summary>
    public static BuildExtras None { get; } = new();

    /// <summary>Build arguments by name.</summary>
    public ImmutableDictionary<string, string> Arguments { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Labels that the image gets.</summary>
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The stage that is built, by name or number; empty for the last.</summary>
    public string Stage { get; init; } = string.Empty;

    /// <summary>The platform that is built for, os/architecture[/variant]; empty for the builder's own.</summary>
    public string Platform { get; init; } = string.Empty;

    /// <summary>Whether there are none.</summary>
    public bool IsNone => Arguments.IsEmpty && Labels.IsEmpty && Stage.Length == 0 && Platform.Length == 0;
}

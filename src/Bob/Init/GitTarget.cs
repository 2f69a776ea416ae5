using System.Text.Json.Serialization;

namespace ImageBuilder.Bob.Init;

/// <summary>What of a repository is checked out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GitTarget>))]
internal enum GitTarget
{
    /// <summary>What the repository's HEAD points to.</summary>
    RemoteHead,

    /// <summary>A commit.</summary>
    RemoteCommit,

    /// <summary>A branch or tag of the repository.</summary>
    RemoteBranch,

    /// <summary>A new branch at the repository's HEAD.</summary>
    LocalBranch,
}

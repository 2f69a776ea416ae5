using ImageBuilder.Contracts;

namespace ImageBuilder.Integration.Tests.Faults;

/// <summary>A build that was told to a client.</summary>
internal sealed record StartedBuild(BuildRequest Order, string WorkspaceRef, string Id)
{
    /// <summary>Its id as files are named by it.</summary>
    public string Key => Id.Replace("-", "", StringComparison.Ordinal);
}

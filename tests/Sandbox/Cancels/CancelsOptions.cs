using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>How much is cancelled and killed.</summary>
public sealed record CancelsOptions
{
    /// <summary>Builds that are cancelled at the service; some have no process yet, or none any more. Default 160.</summary>
    public int Cancels { get; init; } = 160;

    /// <summary>Builders of each of <see cref="Engines"/> that are ended without a service. Default 100.</summary>
    public int Kills { get; init; } = 100;

    /// <summary>What these build with: <c>buildah</c>, <c>buildkit</c>. Default: those that are on this machine.</summary>
    public IReadOnlyList<string> Engines { get; init; } = Command.Exists("buildkitd") && Command.Exists("buildctl") ? ["buildah", "buildkit"] : ["buildah"];

    /// <summary>How long it may take from the call to the end of a build's last process, 99 times of 100. Default 2 seconds.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What the moments are drawn from. Default: another each time.</summary>
    public int Seed { get; init; } = Random.Shared.Next();
}

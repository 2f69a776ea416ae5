using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The process launcher: builds as processes of this machine.</summary>
internal sealed record ProcessConfiguration
{
    /// <summary>Path of bob, the builder command: an executable or a .dll. Default: the one beside this service.</summary>
    [ProgramFile]
    [DerivedDefault("bob beside the service")]
    public string Bob { get; init; } = string.Empty;

    /// <summary>The network of a build's RUN steps, <c>host</c> or <c>none</c>. Default: <c>host</c>.</summary>
    public BuildNetwork Network { get; init; } = BuildNetwork.Host;

    /// <summary>The build engine's image storage, an absolute path; builds share its layer cache. Default: <c>buildah</c> in <c>dataFolder</c>.</summary>
    [AbsolutePath]
    [DerivedDefault("<dataFolder>/buildah")]
    public string StorageFolder { get; init; } = string.Empty;
}

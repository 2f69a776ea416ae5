using ImageBuilder.Builds.Identity;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Gateway;

/// <summary>Settings of the gateway.</summary>
public sealed record GatewayOptions
{
    /// <summary>Where images live.</summary>
    public required ImageRepositories Repositories { get; init; }

    /// <summary>Platform of the images. Default linux/amd64.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;

    /// <summary>How old the digest of a base image may be, 0 or more. Default 60 seconds.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(60);
}

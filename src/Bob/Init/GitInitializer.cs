using System.Diagnostics.CodeAnalysis;

namespace ImageBuilder.Bob.Init;

/// <summary>A build context from a git repository.</summary>
internal sealed class GitInitializer
{
    /// <summary>The repository: http, https or ssh, or ssh in git's short form <c>user@host:path</c>.</summary>
    [AllowNull]
    public string RemoteUri { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What <see cref="CloneTarget"/> means; default <see cref="GitTarget.RemoteHead"/>.</summary>
    public GitTarget TargetMode { get; init; }

    /// <summary>A branch or commit.</summary>
    [AllowNull]
    public string CloneTarget { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The folder of the workspace that receives the repository; default the workspace itself.</summary>
    [AllowNull]
    public string CheckoutLocation { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whether all of the history is fetched; default only what is checked out.</summary>
    public bool FullClone { get; init; }

    /// <summary>How the repository is opened; default not at all.</summary>
    public GitAuthentication AuthMethod { get; init; }

    /// <summary>With <see cref="GitAuthentication.Basic"/>: the user.</summary>
    [AllowNull]
    public string AuthUser { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>With <see cref="GitAuthentication.Basic"/>: the password. A secret.</summary>
    [AllowNull]
    public string AuthPassword { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>With <see cref="GitAuthentication.BasicOts"/>: where "user:password" can be read, once. A secret.</summary>
    [AllowNull]
    public string AuthOts { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Settings for git; only those of <see cref="GitSettings"/> are used.</summary>
    [AllowNull]
    public IReadOnlyDictionary<string, string> CustomConfig { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();
}

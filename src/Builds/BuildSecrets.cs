using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Builds;

/// <summary>What a build needs and nobody may keep: it lives in memory until the builder has it.</summary>
/// <param name="Access">Which registry credentials the build may use.</param>
/// <param name="GitPassword">Password for the repository; empty for none.</param>
/// <param name="GitOneTimeSecretUrl">URL that gives "user:password" once; empty for none.</param>
public sealed record BuildSecrets(RegistryAccess Access, string GitPassword, string GitOneTimeSecretUrl)
{
    /// <summary>Whether losing these would change how the build ends.</summary>
    public bool Any => GitPassword.Length > 0 || GitOneTimeSecretUrl.Length > 0 || !Access.Additional.IsEmpty;

    /// <inheritdoc />
    public override string ToString() => "BuildSecrets (not shown)";
}

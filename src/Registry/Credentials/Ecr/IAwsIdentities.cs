using Amazon.Runtime;

namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>Who this process is towards AWS.</summary>
internal interface IAwsIdentities
{
    /// <summary>The keys to sign with, good for some minutes at least.</summary>
    /// <exception cref="CredentialsException">There are none; the message says where they were looked for.</exception>
    Task<ImmutableCredentials> GetAsync();

    /// <summary>The region that this process is in, or is told to use; null when there is no telling.</summary>
    string? FindRegion();
}

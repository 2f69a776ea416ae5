using Amazon.Runtime;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Credentials.Ecr;

namespace ImageBuilder.Registry.Tests.Credentials.Ecr;

/// <summary>An AWS identity that a test gives.</summary>
internal sealed class FixedIdentity : IAwsIdentities
{
    public string Secret { get; set; } = FakeAws.Secret;

    public string? Session { get; set; }

    public string? Region { get; set; } = "eu-central-1";

    /// <summary>Why there is none.</summary>
    public string? Missing { get; set; }

    public Task<ImmutableCredentials> GetAsync() =>
        Missing is null ? Task.FromResult(new ImmutableCredentials(FakeAws.AccessKey, Secret, Session)) : Task.FromException<ImmutableCredentials>(new CredentialsException(Missing));

    public string? FindRegion() => Region;
}

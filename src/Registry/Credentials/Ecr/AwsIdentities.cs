using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>
/// The standard chain of the AWS SDKs: environment variables, web identity, the shared profile, the container's or the instance's metadata. The
/// SDK keeps what it finds and renews it in time.
/// </summary>
internal sealed class AwsIdentities : IAwsIdentities
{
    private const string Places =
        "environment variables (AWS_ACCESS_KEY_ID), web identity (AWS_WEB_IDENTITY_TOKEN_FILE), shared profile (AWS_PROFILE), container credentials and instance metadata";

    /// <inheritdoc />
    public async Task<ImmutableCredentials> GetAsync()
    {
        try
        {
            var identity = await new DefaultAWSCredentialsIdentityResolver().ResolveIdentityAsync(clientConfig: null);
            return await identity.GetCredentialsAsync();
        }
        catch (Exception e)
        {
            // The SDK's own words may quote what a metadata endpoint answered, so only the kind of the error is told.
            var kind = e.GetBaseException() is AmazonServiceException { ErrorCode.Length: > 0 } refused ? refused.ErrorCode : e.GetBaseException().GetType().Name;
            throw new CredentialsException($"this machine has no AWS identity ({kind}); looked for in: {Places}");
        }
    }

    /// <inheritdoc />
    public string? FindRegion() => FallbackRegionFactory.GetRegionEndpoint()?.SystemName;
}

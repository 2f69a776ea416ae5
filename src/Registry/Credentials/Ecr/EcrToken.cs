namespace ImageBuilder.Registry.Credentials.Ecr;

/// <summary>What ECR gave to sign in with.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="ExpiresAt">When it ends; 12 hours after it was given, as a rule.</param>
internal sealed record EcrToken(RegistryCredential Credential, DateTimeOffset ExpiresAt);

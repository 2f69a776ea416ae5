namespace ImageBuilder.Registry.Credentials;

/// <summary>Where the well-known credential helpers come from.</summary>
internal static class CredentialHelperPackages
{
    /// <summary>What to install to have <paramref name="helper"/>.</summary>
    public static string Of(CredentialHelperName helper) => helper.Program switch
    {
        "docker-credential-ecr-login" => "the package amazon-ecr-credential-helper",
        "docker-credential-gcloud" => "the package google-cloud-cli",
        "docker-credential-gcr" => "the package google-cloud-cli-docker-credential-gcr",
        "docker-credential-acr-env" => "docker-credential-acr-env (github.com/chrismellard/docker-credential-acr-env)",
        "docker-credential-pass" or "docker-credential-secretservice" => "the package golang-docker-credential-helpers",
        "docker-credential-desktop" => "Docker Desktop",
        var program => $"the program {program}",
    };
}

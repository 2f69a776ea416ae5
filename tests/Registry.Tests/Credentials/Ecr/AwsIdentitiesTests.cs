using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Credentials.Ecr;

namespace ImageBuilder.Registry.Tests.Credentials.Ecr;

/// <summary>The chain itself is the SDK's; these show that it is asked as it is meant to be. It reads this process's environment.</summary>
[CollectionDefinition(nameof(AwsIdentitiesTests), DisableParallelization = true)]
[Collection(nameof(AwsIdentitiesTests))]
public sealed class AwsIdentitiesTests : IClassFixture<AwsMachine>, IDisposable
{
    private const string Registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

    private readonly Dictionary<string, string?> _before = [];
    private readonly AwsMachine _machine;
    private readonly FakeAws _aws;

    public AwsIdentitiesTests(AwsMachine machine)
    {
        _machine = machine;
        _aws = machine.Aws;
        _aws.Paths.Clear();
        _aws.WithSession = false;
        _aws.HasMetadata = false;
        foreach (var variable in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
        {
            Set(variable, null);
        }

        Set("AWS_EC2_METADATA_SERVICE_ENDPOINT", _aws.Address.ToString().TrimEnd('/'));
        Set("AWS_SHARED_CREDENTIALS_FILE", machine.Profiles);
        Set(EcrCredentials.EndpointVariable, _aws.Address.ToString());
    }

    [Fact]
    public async Task FindAsync_KeysInTheEnvironment_SignIn()
    {
        Set("AWS_ACCESS_KEY_ID", FakeAws.AccessKey);
        Set("AWS_SECRET_ACCESS_KEY", FakeAws.Secret);

        (await FindAsync())!.Username.ShouldBe("AWS");
    }

    [Fact]
    public async Task FindAsync_Profile_SignsIn()
    {
        Set("AWS_PROFILE", "builder");

        (await FindAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task FindAsync_ContainersCredentials_SignIn()
    {
        _aws.WithSession = true;
        Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", new Uri(_aws.Address, "container").ToString());

        (await FindAsync()).ShouldNotBeNull();

        _aws.Paths.ShouldContain("GET /container");
    }

    [Fact]
    public async Task FindAsync_WebIdentity_SignsIn()
    {
        _aws.WithSession = true;
        Set("AWS_WEB_IDENTITY_TOKEN_FILE", _machine.WebIdentity);
        Set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/builder");
        Set("AWS_REGION", "eu-west-1");
        Set("AWS_ENDPOINT_URL_STS", _aws.Address.ToString());

        (await FindAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task FindAsync_InstanceMetadata_SignsIn()
    {
        _aws.WithSession = true;
        _aws.HasMetadata = true;

        (await FindAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task FindAsync_ProfileThatIsNone_SaysWhereItWasLookedFor()
    {
        Set("AWS_PROFILE", "nobody");

        (await Should.ThrowAsync<CredentialsException>(FindAsync())).Message.ShouldBe(
            $"cannot get a token for ECR registry {Registry}: this machine has no AWS identity (ProfileNotFoundException); looked for in: environment variables (AWS_ACCESS_KEY_ID), " +
            "web identity (AWS_WEB_IDENTITY_TOKEN_FILE), shared profile (AWS_PROFILE), container credentials and instance metadata");
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    private static async Task<RegistryCredential?> FindAsync()
    {
        using var source = new EcrCredentials(TimeProvider.System);
        return await source.FindAsync(Registry, default);
    }

    private void Set(string name, string? value)
    {
        _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
        Environment.SetEnvironmentVariable(name, value);
    }
}

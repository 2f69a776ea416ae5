namespace ImageBuilder.Registry.Tests.Credentials.Ecr;

/// <summary>What a machine of AWS has: its interfaces, and files. The SDK remembers where these are, so there is one of it for all tests.</summary>
public sealed class AwsMachine : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aws-").FullName;

    /// <summary>A shared credentials file with the profile <c>builder</c>.</summary>
    public string Profiles => Path.Combine(_folder, "credentials");

    /// <summary>A file with a web identity token.</summary>
    public string WebIdentity => Path.Combine(_folder, "token");

    internal FakeAws Aws { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Aws = await FakeAws.StartAsync(TimeProvider.System);
        await File.WriteAllTextAsync(Profiles, $"[builder]\naws_access_key_id = {FakeAws.AccessKey}\naws_secret_access_key = {FakeAws.Secret}\n");
        await File.WriteAllTextAsync(WebIdentity, "web identity");
    }

    public async Task DisposeAsync()
    {
        await Aws.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class ProxyCredentialsTests
{
    private static readonly Keychain Installation = new(
    [
        new KnownCredentials(
            ("workspace.test", RegistryCredential.Basic("w", "1")),
            ("base.test", RegistryCredential.Basic("b", "2")),
            ("private.test", RegistryCredential.Basic("p", "3"))),
    ]);

    private static readonly BuildOrder FileOrder = FakeBob.Order with { WorkspaceRef = "workspace.test/w:1", BaseRef = "base.test/b:1" };
    private static readonly BuildOrder RefOrder = FileOrder with { Context = null, BuildBase = false, BaseRef = "private.test/app@sha256:" + new string('a', 64) };

    [Fact]
    public async Task Compose_NoAccess_InstallationsOwnForTheTwoImagesAlone()
    {
        var (auths, additional) = await ComposeAsync(FileOrder, RegistryAccess.None);

        auths.ShouldBe(new Dictionary<string, string> { ["workspace.test"] = "w:1", ["base.test"] = "b:2" }, ignoreOrder: true);
        additional.ShouldBeEmpty();
    }

    [Fact]
    public async Task Compose_RefSourceWithoutAccess_NothingForTheBase()
    {
        var (auths, additional) = await ComposeAsync(RefOrder, RegistryAccess.None);

        auths.ShouldBe(new Dictionary<string, string> { ["workspace.test"] = "w:1" }, ignoreOrder: true);
        additional.ShouldBeEmpty();
    }

    [Fact]
    public async Task Compose_RefSourceWithAccess_TheBaseRegistrysCredential()
    {
        var (auths, additional) = await ComposeAsync(RefOrder, new RegistryAccess { AllowedHosts = ["private.test"] });

        auths.ShouldContainKeyAndValue("private.test", "p:3");
        additional.ShouldContainKeyAndValue("private.test", "p:3");
    }

    [Fact]
    public async Task Compose_Additional_AllButTheWorkspaceRegistrys()
    {
        var access = new RegistryAccess { Additional = Additional(("mine.test", "anna:x"), ("workspace.test", "evil:y")) };

        var (auths, additional) = await ComposeAsync(FileOrder, access);

        auths["workspace.test"].ShouldBe("w:1");
        additional.ShouldBe(new Dictionary<string, string> { ["mine.test"] = "anna:x" }, ignoreOrder: true);
    }

    [Fact]
    public async Task Compose_AllowedHosts_ForWhatTheDockerfileStandsOn()
    {
        var access = new RegistryAccess { AllowedHosts = ["private.test", "unknown.test"] };

        var (_, additional) = await ComposeAsync(FileOrder, access);

        additional.ShouldBe(new Dictionary<string, string> { ["private.test"] = "p:3" }, ignoreOrder: true);
    }

    [Fact]
    public async Task Compose_AllowedAll_EveryCredentialOfTheInstallation()
    {
        var (_, additional) = await ComposeAsync(FileOrder, RegistryAccess.All);

        additional.ShouldBe(
            new Dictionary<string, string> { ["workspace.test"] = "w:1", ["base.test"] = "b:2", ["private.test"] = "p:3" }, ignoreOrder: true);
    }

    [Fact]
    public async Task Compose_AllowedTheWorkspaceRepository_TheInstallationsCredentialAndNotTheRequests()
    {
        var access = new RegistryAccess { AllowedHosts = ["https://Workspace.test/v2/"], Additional = Additional(("workspace.test", "evil:y")) };

        var (_, additional) = await ComposeAsync(FileOrder, access);

        additional.ShouldBe(new Dictionary<string, string> { ["workspace.test"] = "w:1" }, ignoreOrder: true);
    }

    [Theory]
    [InlineData("https://workspace.test/v1/")]
    [InlineData("WORKSPACE.test")]
    public async Task Compose_AdditionalForTheWorkspaceRegistryInAnotherSpelling_IsLeftOut(string host)
    {
        var (auths, additional) = await ComposeAsync(FileOrder, new RegistryAccess { Additional = Additional((host, "evil:y")) });

        auths["workspace.test"].ShouldBe("w:1");
        additional.ShouldBeEmpty();
    }

    [Fact]
    public async Task Compose_AllowedTheBaseRepository_IsInAdditionalToo()
    {
        var (_, additional) = await ComposeAsync(FileOrder, new RegistryAccess { AllowedHosts = ["base.test"] });

        additional.ShouldBe(new Dictionary<string, string> { ["base.test"] = "b:2" }, ignoreOrder: true);
    }

    [Fact]
    public async Task Compose_OwnCredentialForAnAllowedHost_TheInstallationsComesFirst()
    {
        var access = new RegistryAccess { AllowedHosts = ["private.test"], Additional = Additional(("private.test", "anna:x")) };

        var (_, additional) = await ComposeAsync(FileOrder, access);

        additional["private.test"].ShouldBe("p:3");
    }

    [Fact]
    public async Task Compose_OwnCredentialForAHostThatIsNotAllowed_IsUsed()
    {
        var (_, additional) = await ComposeAsync(FileOrder, new RegistryAccess { Additional = Additional(("private.test", "anna:x")) });

        additional["private.test"].ShouldBe("anna:x");
    }

    [Fact]
    public async Task Compose_Tokens_KeepTheirKind()
    {
        var keychain = new Keychain(
        [
            new KnownCredentials(
                ("workspace.test", new RegistryCredential { IdentityToken = "i" }),
                ("base.test", new RegistryCredential { RegistryToken = "r" })),
        ]);
        var access = new RegistryAccess { Additional = ImmutableDictionary<string, string>.Empty.Add("raw.test", "no colon") };

        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(keychain, FileOrder, access, [], CancellationToken.None))!;

        ((string)json["auth"]!["auths"]!["workspace.test"]!["identitytoken"]!).ShouldBe("i");
        ((string)json["auth"]!["auths"]!["base.test"]!["registrytoken"]!).ShouldBe("r");
        ((string)json["additionalAuth"]!["raw.test"]!["auth"]!).ShouldBe("no colon");
    }

    private static ImmutableDictionary<string, string> Additional(params (string Host, string Login)[] logins) =>
        logins.ToImmutableDictionary(login => login.Host, login => Convert.ToBase64String(Encoding.UTF8.GetBytes(login.Login)));

    private static async Task<(Dictionary<string, string> Auths, Dictionary<string, string> Additional)> ComposeAsync(BuildOrder order, RegistryAccess access)
    {
        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(Installation, order, access, [], CancellationToken.None))!;
        return (Read(json["auth"]!["auths"]!), Read(json["additionalAuth"]!));
    }

    private static Dictionary<string, string> Read(JsonNode hosts) => hosts.AsObject().ToDictionary(
        host => host.Key, host => Encoding.UTF8.GetString(Convert.FromBase64String((string)host.Value!["auth"]!)));
}

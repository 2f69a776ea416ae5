using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Credentials.Ecr;

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
    public async Task Compose_Mirrors_AreApartFromWhatTheRequestMayName()
    {
        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(Installation, FileOrder, RegistryAccess.None, ["private.test", "open.test"], cache: null, CancellationToken.None))!;

        json["mirrorAuth"]!.AsObject().Select(entry => entry.Key).ShouldBe(["private.test"]);
        json["additionalAuth"]!.AsObject().ShouldBeEmpty();
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

        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(keychain, FileOrder, access, [], cache: null, CancellationToken.None))!;

        ((string)json["auth"]!["auths"]!["workspace.test"]!["identitytoken"]!).ShouldBe("i");
        ((string)json["auth"]!["auths"]!["base.test"]!["registrytoken"]!).ShouldBe("r");
        ((string)json["additionalAuth"]!["raw.test"]!["auth"]!).ShouldBe("no colon");
    }

    [Fact]
    public async Task Compose_EcrImages_ATokenOfTheirOwnRegionAndTheWildcardForTheRest()
    {
        const string Workspace = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        const string Base = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
        const string Named = "999999999999.dkr.ecr.ap-south-1.amazonaws.com";
        var keychain = new Keychain([new EcrLike()]);
        var order = FileOrder with { WorkspaceRef = $"{Workspace}/w:1", BaseRef = $"{Base}/b:1" };

        var (auths, additional) = await ComposeAsync(keychain, order, new RegistryAccess { AllowedHosts = [Named] });

        auths.ShouldBe(new Dictionary<string, string> { [Workspace] = "AWS:eu-west-1", [Base] = "AWS:us-east-1" }, ignoreOrder: true);
        additional.ShouldBe(
            new Dictionary<string, string> { [Base] = "AWS:us-east-1", [Named] = "AWS:ap-south-1", [EcrRegistry.Wildcard] = "AWS:dummy-host-zone" }, ignoreOrder: true);
    }

    [Fact]
    public async Task Compose_SourceFailsForOneOfTheTwoImages_SaysWhy()
    {
        var keychain = new Keychain([new Failing("base.test"), new KnownCredentials(("workspace.test", RegistryCredential.Basic("w", "1")))]);

        var error = await Should.ThrowAsync<LaunchException>(() => ProxyCredentials.ComposeAsync(keychain, FileOrder, RegistryAccess.None, [], cache: null, CancellationToken.None));

        error.Message.ShouldBe("build failed: no luck with base.test");
        error.Reason.ShouldBe(FailureReason.Internal);
    }

    [Fact]
    public async Task Compose_SourceFailsForAnotherRegistry_TheProxyIsToldWhy()
    {
        var keychain = new Keychain([new Failing("private.test"), new KnownCredentials(("workspace.test", RegistryCredential.Basic("w", "1")))]);
        var access = new RegistryAccess { AllowedHosts = ["private.test", "workspace.test"] };

        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(keychain, FileOrder, access, [], cache: null, CancellationToken.None))!;

        json["unavailable"]!.ToJsonString().ShouldBe("""{"private.test":"no luck with private.test"}""");
        Read(json["additionalAuth"]!).ShouldBe(new Dictionary<string, string> { ["workspace.test"] = "w:1" });
        json["access"]!.ToJsonString().ShouldBe("""{"allowAll":false,"allowedHosts":["private.test","workspace.test"]}""");
    }

    [Fact]
    public async Task Compose_Cache_InstallationsOwnForItTooUnlessItsSourceFails()
    {
        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(Installation, FileOrder, RegistryAccess.None, [], "private.test/caches:c", CancellationToken.None))!;
        Read(json["auth"]!["auths"]!).ShouldContainKeyAndValue("private.test", "p:3");
        Read(json["additionalAuth"]!).ShouldBeEmpty();

        var keychain = new Keychain([new Failing("private.test"), new KnownCredentials(("workspace.test", RegistryCredential.Basic("w", "1")))]);
        json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(keychain, FileOrder, RegistryAccess.None, [], "private.test/caches:c", CancellationToken.None))!;
        Read(json["auth"]!["auths"]!).ShouldNotContainKey("private.test");
        json["unavailable"]!["private.test"]!.ToString().ShouldBe("no luck with private.test");
    }

    private static ImmutableDictionary<string, string> Additional(params (string Host, string Login)[] logins) =>
        logins.ToImmutableDictionary(login => login.Host, login => Convert.ToBase64String(Encoding.UTF8.GetBytes(login.Login)));

    private static Task<(Dictionary<string, string> Auths, Dictionary<string, string> Additional)> ComposeAsync(BuildOrder order, RegistryAccess access) =>
        ComposeAsync(Installation, order, access);

    private static async Task<(Dictionary<string, string> Auths, Dictionary<string, string> Additional)> ComposeAsync(
        Keychain keychain, BuildOrder order, RegistryAccess access)
    {
        var json = JsonNode.Parse(await ProxyCredentials.ComposeAsync(keychain, order, access, [], cache: null, CancellationToken.None))!;
        return (Read(json["auth"]!["auths"]!), Read(json["additionalAuth"]!));
    }

    private static Dictionary<string, string> Read(JsonNode hosts) => hosts.AsObject().ToDictionary(
        host => host.Key, host => Encoding.UTF8.GetString(Convert.FromBase64String((string)host.Value!["auth"]!)));

    /// <summary>Has a password for every ECR registry: its region's name.</summary>
    private sealed class EcrLike : ICredentialSource
    {
        public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) =>
            ValueTask.FromResult(EcrRegistry.TryParse(host, out var registry) ? RegistryCredential.Basic("AWS", registry.Region) : null);

        public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyCollection<string>>([EcrRegistry.Wildcard]);
    }

    private sealed class Failing(string broken) : ICredentialSource
    {
        public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) =>
            host == broken ? throw new CredentialsException($"no luck with {host}") : ValueTask.FromResult<RegistryCredential?>(null);

        public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyCollection<string>>([]);
    }
}

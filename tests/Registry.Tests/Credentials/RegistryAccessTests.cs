using System.Collections.Immutable;
using System.Text;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Tests.Credentials;

public sealed class RegistryAccessTests
{
    private const string Ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

    [Fact]
    public void Allows_AllowList_IsComparedNormalised()
    {
        var access = new RegistryAccess { AllowedHosts = ["index.docker.io", "R.example.com:5000"] };

        access.Allows("docker.io").ShouldBeTrue();
        access.Allows("r.example.com:5000").ShouldBeTrue();
        access.Allows("r.example.com").ShouldBeFalse();
        access.Allows("ghcr.io").ShouldBeFalse();
        RegistryAccess.All.Allows("ghcr.io").ShouldBeTrue();
        RegistryAccess.None.Allows("docker.io").ShouldBeFalse();
        new RegistryAccess { AllowedHosts = default }.Allows("docker.io").ShouldBeFalse();
    }

    [Theory]
    [InlineData(Ecr, true)]
    [InlineData("000000000000.dkr.ecr.dummy-host-zone.amazonaws.com", true)]
    [InlineData("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", true)]
    [InlineData("12345678901.dkr.ecr.eu-west-1.amazonaws.com", false)]
    [InlineData("1234567890123.dkr.ecr.eu-west-1.amazonaws.com", false)]
    [InlineData("123456789012xdkr.ecr.eu-west-1.amazonaws.com", false)]
    [InlineData("123456789012.dkr.ecr.eu-west-1xamazonaws.com", false)]
    [InlineData("123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.org", false)]
    [InlineData("123456789012.dkr.ecr.eu.west.1.amazonaws.com", false)]
    [InlineData("evil.org/123456789012.dkr.ecr.eu-west-1.amazonaws.com", false)]
    [InlineData("public.ecr.aws", false)]
    public void Allows_EcrHost_IsAlwaysAllowed(string host, bool expected) => RegistryAccess.None.Allows(host).ShouldBe(expected);

    [Fact]
    public void WhyDenied_Denied_NamesTheRegistryAndTheReason()
    {
        RegistryAccess.None.WhyDenied("ghcr.io").ShouldBe("registry ghcr.io is not allowed: the request may use none of the installation's credentials");
        new RegistryAccess { AllowedHosts = ["docker.io", "quay.io"] }.WhyDenied("ghcr.io").ShouldBe("registry ghcr.io is not in the request's allow list (docker.io, quay.io)");
        RegistryAccess.All.WhyDenied("ghcr.io").ShouldBeNull();
        RegistryAccess.None.WhyDenied(Ecr).ShouldBeNull();
    }

    [Theory]
    [InlineData("user:password", "user", "password")]
    [InlineData("us:er:password", "us:er", "password")]
    [InlineData(":password", "", "password")]
    [InlineData("user:", "user", "")]
    public void FindAdditional_Base64_UserEndsAtTheLastColon(string decoded, string user, string password) =>
        Additional("r", Base64(decoded)).FindAdditional("r").ShouldBe(RegistryCredential.Basic(user, password));

    [Theory]
    [InlineData("not base64!")]
    [InlineData("bm9jb2xvbg==")]
    public void FindAdditional_NotUserAndPassword_KeepsTheRawValue(string value) =>
        Additional("r", value).FindAdditional("r").ShouldBe(new RegistryCredential { RawAuth = value });

    [Fact]
    public void FindAdditional_OtherSpellingOrHost_IsTheSameOrNone()
    {
        Additional("https://index.docker.io/v1/", Base64("u:p")).FindAdditional("docker.io").ShouldNotBeNull();
        Additional("docker.io", Base64("u:p")).FindAdditional("ghcr.io").ShouldBeNull();
        Additional("docker.io", "").FindAdditional("docker.io").ShouldBeNull();
    }

    [Fact]
    public void ToString_Additional_ShowsHostsOnly()
    {
        var text = Additional("r", Base64("u:s3cret")).ToString();

        text.ShouldContain("r");
        text.ShouldNotContain(Base64("u:s3cret"));
    }

    [Fact]
    public async Task FindAsync_Keychain_AsksSourcesInOrderThenTheRequest()
    {
        var keychain = new Keychain([new Source("a", "first"), new Source("a", "second"), new Source("b", "second")]);
        var access = new RegistryAccess { AllowedHosts = ["a", "b", "c"], Additional = ImmutableDictionary<string, string>.Empty.Add("a", Base64("u:own")).Add("c", Base64("u:own")).Add("d", Base64("u:own")) };

        (await keychain.FindAsync("a", access, default))!.Password.ShouldBe("first");
        (await keychain.FindAsync("b", access, default))!.Password.ShouldBe("second");
        (await keychain.FindAsync("c", access, default))!.Password.ShouldBe("own");
        (await keychain.FindAsync("d", access, default))!.Password.ShouldBe("own");
        (await keychain.FindAsync("e", access, default)).ShouldBeNull();
    }

    [Fact]
    public async Task FindAsync_KeychainNotAllowed_NeverAsksTheInstallation()
    {
        var source = new Source("a", "first");

        (await new Keychain([source]).FindAsync("a", RegistryAccess.None, default)).ShouldBeNull();
        source.Asked.ShouldBe(0);
    }

    [Fact]
    public async Task ListHostsAsync_Keychain_EachAllowedHostOfAnySourceOnce()
    {
        var keychain = new Keychain([new Source("a", "first"), new Source("a", "second"), new Source("b", "second"), new Source(Ecr, "third")]);

        (await keychain.ListHostsAsync(RegistryAccess.All, default)).ShouldBe(["a", "b", Ecr], ignoreOrder: true);
        (await keychain.ListHostsAsync(new RegistryAccess { AllowedHosts = ["https://B/v1/", "c"] }, default)).ShouldBe(["b", Ecr], ignoreOrder: true);
        (await keychain.ListHostsAsync(Additional("a", Base64("u:own")), default)).ShouldBe([Ecr]);
    }

    private static RegistryAccess Additional(string host, string value) => new() { Additional = ImmutableDictionary<string, string>.Empty.Add(host, value) };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed class Source(string host, string password) : ICredentialSource
    {
        public int Asked { get; private set; }

        public ValueTask<RegistryCredential?> FindAsync(string wanted, CancellationToken cancellationToken)
        {
            Asked++;
            return ValueTask.FromResult(wanted == host ? RegistryCredential.Basic("u", password) : null);
        }

        public ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyCollection<string>>([host]);
    }
}
